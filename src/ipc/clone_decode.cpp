// Reads what anybody wrote: every number is checked before it is used, nothing is allocated that was not paid for.
#include <bit>
#include <cstring>
#include <optional>

#include "ipc/clone_format.hpp"
#include "ipc/utf8.hpp"
#include "ipc/value_spares.hpp"
#include "mullion/ipc/value.hpp"

namespace mullion {
namespace {

using clone::Tag;

bool holds(Bytes bytes, Tag tag) {
  return !bytes.empty() && std::memchr(bytes.data(), static_cast<int>(tag), bytes.size()) != nullptr;
}

// Functions return false after they noted why; the first note stands.
class Decoder {
 public:
  Decoder(Bytes bytes, const DecodeLimits& limits)
      : bytes_(bytes), limits_(limits), may_refer_(holds(bytes, Tag::reference)) {}

  Result<Value> message();

 private:
  std::size_t left() const { return bytes_.size() - at_; }
  bool fail(std::string_view code, std::string_view what);
  bool pay(std::size_t cost);
  bool byte(std::uint8_t& byte);
  bool varint(std::uint64_t& number) {
    if (left() == 0 || bytes_[at_] >= std::byte{0x80}) return long_varint(number);
    number = std::to_integer<std::uint64_t>(bytes_[at_++]);
    return true;
  }
  bool long_varint(std::uint64_t& number);
  bool float64(double& number);
  bool raw(std::size_t count, Bytes& bytes);
  bool count(std::size_t least_bytes, std::size_t cost, std::size_t& count);
  bool next_is(Tag first, Tag last) const;

  bool value(Value& out);
  bool by_tag(Tag tag, Value& out);
  bool int32(Value& out);
  bool number(Value& out);
  bool bigint(Value& out);
  bool text(Tag tag, std::string_view& text);
  bool string(Tag tag, Value& out);
  bool part(std::string_view& text);
  bool part(std::string& text);
  bool reference(Value& out);
  bool port(Value& out);
  bool shared_buffer(Value& out);

  bool referable(Tag tag, Value& out);
  bool leaf(Tag tag, Value& out);
  bool container(Tag tag, Value& out);
  bool buffer(Value& out);
  bool view(Value& out);
  bool date(Value& out);
  bool regexp(Value& out);
  bool boxed(Value& out);
  bool error(Value& out);
  bool elements(Value::Type type, Value& out);
  bool object(Value& out);
  bool map(Value& out);

  Bytes bytes_;
  const DecodeLimits& limits_;
  std::size_t at_ = 0;
  std::size_t level_ = 0;
  std::size_t paid_ = 0;
  const bool may_refer_;          // a byte of the message is the tag of a reference
  std::vector<Value> referable_;  // by number, if anything may refer to it; undefined while it is being read
  std::string repaired_;          // the last text that did not come as UTF-8
  std::optional<Error> error_;
};

bool Decoder::fail(std::string_view code, std::string_view what) {
  if (error_) return false;
  error_ = Error{.kind = Kind::invalid, .code = std::string(code), .message = "clone: "};
  error_->message.append(what).append(" at byte ").append(std::to_string(at_));
  return false;
}

bool Decoder::pay(std::size_t cost) {
  if (cost > limits_.cost - std::min(paid_, limits_.cost)) return fail("too-large", "more than one message may cost");
  paid_ += cost;
  return true;
}

bool Decoder::byte(std::uint8_t& byte) {
  if (left() == 0) return fail("truncated", "the message ends");
  byte = std::to_integer<std::uint8_t>(bytes_[at_++]);
  return true;
}

bool Decoder::long_varint(std::uint64_t& number) {
  number = 0;
  for (int shift = 0; shift < 70; shift += 7) {
    std::uint8_t next = 0;
    if (!byte(next)) return false;
    if (shift == 63 && next > 1) break;
    number |= static_cast<std::uint64_t>(next & 0x7f) << shift;
    if (next < 0x80) return true;
  }
  return fail("bad-varint", "a number of more than 64 bits");
}

bool Decoder::float64(double& number) {
  Bytes raw_bytes;
  if (!raw(8, raw_bytes)) return false;
  std::uint64_t bits = 0;
  for (std::size_t i = 8; i-- > 0;) bits = bits << 8 | std::to_integer<std::uint64_t>(raw_bytes[i]);
  number = std::bit_cast<double>(bits);
  return true;
}

bool Decoder::raw(std::size_t count, Bytes& bytes) {
  if (count > left()) return fail("truncated", "a length that reaches past the end");
  bytes = bytes_.subspan(at_, count);
  at_ += count;
  return true;
}

// A count of things that take at least so many bytes each in the message, and so much memory.
bool Decoder::count(std::size_t least_bytes, std::size_t cost, std::size_t& count) {
  std::uint64_t number = 0;
  if (!varint(number)) return false;
  if (number > left() / least_bytes) return fail("truncated", "a count that the message has no room for");
  count = static_cast<std::size_t>(number);
  return pay(count * cost);
}

bool Decoder::next_is(Tag first, Tag last) const {
  return left() > 0 && static_cast<Tag>(bytes_[at_]) >= first && static_cast<Tag>(bytes_[at_]) <= last;
}

bool Decoder::int32(Value& out) {
  std::uint64_t zigzag = 0;
  if (!varint(zigzag)) return false;
  if (zigzag > 0xffffffff) return fail("bad-varint", "an integer of more than 32 bits");
  auto bits = static_cast<std::uint32_t>(zigzag);
  out = static_cast<std::int32_t>(bits >> 1 ^ (0 - (bits & 1)));
  return true;
}

bool Decoder::number(Value& out) {
  double number = 0;
  if (!float64(number)) return false;
  out = number;
  return true;
}

bool Decoder::bigint(Value& out) {
  std::uint8_t sign = 0;
  std::size_t length = 0;
  Bytes magnitude;
  if (!byte(sign) || !count(1, 1, length) || !raw(length, magnitude)) return false;
  if (sign > 1) return fail("bad-tag", "a sign that is neither 0 nor 1");
  out = Value::bigint(sign == 1, magnitude);
  return true;
}

// Valid until the next one.
bool Decoder::text(Tag tag, std::string_view& text) {
  bool wide = tag == Tag::string16;
  std::size_t length = 0;
  Bytes units;
  if (!count(wide ? 2 : 1, wide ? 3 : 1, length) || !raw(wide ? 2 * length : length, units)) return false;
  if (wide) {
    text = repaired_ = utf16_to_utf8(units);
    return true;
  }
  text = {reinterpret_cast<const char*>(units.data()), units.size()};
  return is_utf8(text) || fail("bad-utf8", "a string that is not UTF-8");
}

bool Decoder::string(Tag tag, Value& out) {
  std::string_view string;
  if (!text(tag, string)) return false;
  out = tag == Tag::string16 ? Value(std::move(repaired_)) : Value(string);
  return true;
}

// A string where only a string can stand.
bool Decoder::part(std::string_view& text) {
  if (!next_is(Tag::string, Tag::string16)) return fail(left() == 0 ? "truncated" : "bad-tag", "no string");
  auto tag = static_cast<Tag>(bytes_[at_++]);
  return this->text(tag, text);
}

bool Decoder::part(std::string& text) {
  std::string_view view;
  if (!part(view)) return false;
  text = view;
  return true;
}

bool Decoder::reference(Value& out) {
  std::uint64_t index = 0;
  if (!varint(index)) return false;
  if (index >= referable_.size()) return fail("bad-reference", "a reference to what has not been written");
  out = referable_[index];
  return !out.is_undefined() || fail("cyclic", "a value that contains itself, which only script can hold,");
}

bool Decoder::port(Value& out) {
  std::uint64_t index = 0;
  if (!varint(index)) return false;
  if (index >= limits_.ports || index > 0xffffffff) return fail("bad-port", "a port that did not come along");
  out = Value::port(static_cast<std::uint32_t>(index));
  return true;
}

bool Decoder::shared_buffer(Value& out) {
  std::uint64_t index = 0;
  if (!varint(index)) return false;
  if (index >= limits_.buffers || index > 0xffffffff) return fail("bad-buffer", "a buffer that did not come along");
  out = Value::shared_buffer(static_cast<std::uint32_t>(index));
  return true;
}

bool Decoder::buffer(Value& out) {
  std::size_t length = 0;
  Bytes content;
  if (!count(1, 1, length) || !raw(length, content)) return false;
  out = Value::array_buffer({content.begin(), content.end()});
  return true;
}

bool Decoder::view(Value& out) {
  std::uint8_t kind = 0;
  std::uint64_t offset = 0, length = 0;
  Value viewed;
  if (!byte(kind) || !varint(offset) || !varint(length)) return false;
  if (!next_is(Tag::buffer, Tag::buffer) && !next_is(Tag::reference, Tag::reference)) {
    return fail(left() == 0 ? "truncated" : "bad-view", "a view without a buffer");
  }
  if (!value(viewed)) return false;
  auto view = Value::view(static_cast<Value::View>(kind), viewed, offset, length);
  if (!view) return fail("bad-view", view.error().message);
  out = *std::move(view);
  return true;
}

bool Decoder::date(Value& out) {
  double milliseconds = 0;
  if (!float64(milliseconds)) return false;
  out = Value::date(milliseconds);
  return true;
}

bool Decoder::regexp(Value& out) {
  std::string source, flags;
  if (!part(source) || !part(flags)) return false;
  out = Value::regexp(source, flags);
  return true;
}

bool Decoder::boxed(Value& out) {
  if (!next_is(Tag::boolean_false, Tag::string16)) {
    return fail(left() == 0 ? "truncated" : "bad-tag", "a box without a primitive");
  }
  Value primitive;
  if (!value(primitive)) return false;
  out = Value::boxed(std::move(primitive));
  return true;
}

bool Decoder::error(Value& out) {
  Value::Thrown thrown;
  if (!pay(7 * sizeof(Value::Member)) || !part(thrown.name) || !part(thrown.message)) return false;
  for (Value* part : {&thrown.stack, &thrown.code, &thrown.kind, &thrown.data, &thrown.cause}) {
    if (!value(*part)) return false;
  }
  out = Value::error(std::move(thrown));
  return true;
}

bool Decoder::elements(Value::Type type, Value& out) {
  std::size_t length = 0;
  if (!count(1, sizeof(Value), length)) return false;
  std::vector<Value> elements;
  elements.reserve(length);
  for (std::size_t i = 0; i < length; ++i) {
    Value element;
    if (type == Value::Type::array && next_is(Tag::hole, Tag::hole)) {
      ++at_;
      element = Value::hole();
    } else if (!value(element)) {
      return false;
    }
    elements.push_back(std::move(element));
  }
  out = type == Value::Type::array ? Value::array(std::move(elements)) : Value::set(std::move(elements));
  return true;
}

bool Decoder::object(Value& out) {
  std::size_t length = 0;
  if (!count(3, sizeof(Value::Member), length)) return false;
  auto members = detail::new_members(length);
  for (std::size_t i = 0; i < length; ++i) {
    std::string_view key;
    if (!part(key)) return false;
    if (!value(members.emplace_back(std::string(key)).value)) return false;
  }
  out = Value::object(std::move(members));
  return true;
}

bool Decoder::map(Value& out) {
  std::size_t length = 0;
  if (!count(2, sizeof(Value::Entry), length)) return false;
  std::vector<Value::Entry> entries(length);
  for (auto& [key, value] : entries) {
    if (!this->value(key) || !this->value(value)) return false;
  }
  out = Value::map(std::move(entries));
  return true;
}

bool Decoder::leaf(Tag tag, Value& out) {
  switch (tag) {
    case Tag::buffer: return buffer(out);
    case Tag::view: return view(out);
    case Tag::date: return date(out);
    case Tag::regexp: return regexp(out);
    default: return boxed(out);
  }
}

bool Decoder::container(Tag tag, Value& out) {
  switch (tag) {
    case Tag::error: return error(out);
    case Tag::array: return elements(Value::Type::array, out);
    case Tag::set: return elements(Value::Type::set, out);
    case Tag::object: return object(out);
    default: return map(out);
  }
}

// Takes the next number before it reads on, as the writer did.
bool Decoder::referable(Tag tag, Value& out) {
  constexpr std::size_t node_cost = 128;
  std::size_t number = referable_.size();
  if (!pay(node_cost)) return false;
  if (may_refer_) referable_.emplace_back();
  if (tag < Tag::error || tag == Tag::boxed) {
    if (!leaf(tag, out)) return false;
  } else {
    if (level_ == limits_.depth) return fail("too-deep", "containers nest too deep");
    ++level_;
    if (!container(tag, out)) return false;
    --level_;
  }
  if (may_refer_) referable_[number] = out;
  return true;
}

bool Decoder::by_tag(Tag tag, Value& out) {
  switch (tag) {
    case Tag::undefined: return true;
    case Tag::null: return out = nullptr, true;
    case Tag::boolean_false: return out = false, true;
    case Tag::boolean_true: return out = true, true;
    case Tag::int32: return int32(out);
    case Tag::number: return number(out);
    case Tag::bigint: return bigint(out);
    case Tag::string:
    case Tag::string16: return string(tag, out);
    case Tag::reference: return reference(out);
    case Tag::port: return port(out);
    case Tag::shared_buffer: return shared_buffer(out);
    case Tag::buffer:
    case Tag::view:
    case Tag::date:
    case Tag::regexp:
    case Tag::error:
    case Tag::array:
    case Tag::object:
    case Tag::map:
    case Tag::set:
    case Tag::boxed: return referable(tag, out);
    case Tag::hole: break;
  }
  return fail("bad-tag", "no value");
}

bool Decoder::value(Value& out) {
  std::uint8_t tag = 0;
  return byte(tag) && by_tag(static_cast<Tag>(tag), out);
}

Result<Value> Decoder::message() {
  std::uint8_t version = 0;
  Value root;
  bool done = byte(version) && (version == clone::version || fail("bad-version", "a version that is not known")) &&
              value(root) && (left() == 0 || fail("trailing", "more than one value"));
  if (done && root.cost() > limits_.cost) done = fail("too-large", "shared parts that would cost too much apart");
  if (!done) return std::unexpected(*std::move(error_));
  return root;
}

}  // namespace

Result<Value> decode(Bytes bytes, const DecodeLimits& limits) { return Decoder(bytes, limits).message(); }

}  // namespace mullion
