#include <bit>
#include <cmath>
#include <memory>
#include <unordered_map>

#include "ipc/clone_format.hpp"
#include "ipc/utf8.hpp"
#include "ipc/value_node.hpp"
#include "mullion/ipc/value.hpp"

namespace mullion {
namespace {

using clone::Tag;
using detail::Node;
using detail::Storage;

class Encoder {
 public:
  explicit Encoder(std::vector<std::byte>& out) : out_(out) {}

  void value(const Value& value);

 private:
  void byte(std::uint8_t byte) { out_.push_back(static_cast<std::byte>(byte)); }
  void tag(Tag tag) { byte(static_cast<std::uint8_t>(tag)); }
  void raw(Bytes bytes) { out_.insert(out_.end(), bytes.begin(), bytes.end()); }
  void varint(std::uint64_t number) { number < 0x80 ? byte(static_cast<std::uint8_t>(number)) : long_varint(number); }
  void long_varint(std::uint64_t number);
  void float64(double number);
  void number(double number);
  void bigint(const Value& value);
  void text(std::string_view text);
  void buffer(Bytes bytes);
  void bytes(const Value& value, const Node* node);
  void view(Value::View kind, std::size_t offset, std::size_t bytes);
  void shared(const Value& value, const Node* node);
  void container(const Value& value);
  void elements(const Value& value, bool holes);
  void object(const Value& value);
  void map(const Value& value);
  void error(const Value& value);
  void leaf(const Value& value, const Node* node);
  bool refer(const Node* node);

  std::vector<std::byte>& out_;
  using Seen = std::unordered_map<const Node*, std::uint64_t>;
  std::unique_ptr<Seen> seen_;  // only what is held more than once can be met again
  std::uint64_t next_index_ = 0;
  std::size_t level_ = 0;
};

void Encoder::long_varint(std::uint64_t number) {
  for (; number >= 0x80; number >>= 7) byte(static_cast<std::uint8_t>(number | 0x80));
  byte(static_cast<std::uint8_t>(number));
}

void Encoder::float64(double number) {
  auto bits = std::bit_cast<std::uint64_t>(number);
  for (int shift = 0; shift < 64; shift += 8) byte(static_cast<std::uint8_t>(bits >> shift));
}

void Encoder::number(double number) {
  bool in_range = number >= -0x1p31 && number < 0x1p31;
  auto integer = in_range ? static_cast<std::int32_t>(number) : 0;
  if (!in_range || integer != number || (integer == 0 && std::signbit(number))) {
    tag(Tag::number);
    return float64(number);
  }
  tag(Tag::int32);
  varint(static_cast<std::uint32_t>(integer) << 1 ^ static_cast<std::uint32_t>(integer >> 31));
}

void Encoder::bigint(const Value& value) {
  auto magnitude = value.magnitude();
  tag(Tag::bigint);
  byte(value.negative() ? 1 : 0);
  varint(magnitude.size());
  raw(magnitude);
}

void Encoder::text(std::string_view text) {
  tag(Tag::string);
  if (!is_utf8(text)) {
    std::string repaired = to_utf8(text);
    varint(repaired.size());
    return raw(std::as_bytes(std::span(repaired)));
  }
  varint(text.size());
  raw(std::as_bytes(std::span(text)));
}

void Encoder::buffer(Bytes bytes) {
  tag(Tag::buffer);
  varint(bytes.size());
  raw(bytes);
}

void Encoder::view(Value::View kind, std::size_t offset, std::size_t bytes) {
  static constexpr std::uint8_t shifts[] = {0, 0, 0, 1, 1, 2, 2, 2, 3, 3, 3, 0};
  tag(Tag::view);
  byte(static_cast<std::uint8_t>(kind));
  varint(offset);
  varint(bytes >> shifts[static_cast<std::size_t>(kind)]);
}

void Encoder::bytes(const Value& value, const Node* node) {
  if (node->storage == Storage::buffer) return buffer(value.bytes());
  if (node->storage == Storage::blob) {
    view(Value::View::uint8, 0, value.size());
    ++next_index_;
    return buffer(value.bytes());
  }
  const auto& viewed = ValueAccess::as<detail::ViewNode>(value);
  view(viewed.view, viewed.offset, viewed.bytes);
  this->value(viewed.buffer);
}

// Writes a back-reference to what was written before, else takes the next number for it.
bool Encoder::refer(const Node* node) {
  if (node->references.load(std::memory_order_relaxed) > 1) {
    if (!seen_) seen_ = std::make_unique<Seen>();
    auto [at, fresh] = seen_->try_emplace(node, next_index_);
    if (!fresh) {
      tag(Tag::reference);
      varint(at->second);
      return true;
    }
  }
  ++next_index_;
  return false;
}

void Encoder::elements(const Value& value, bool holes) {
  varint(value.size());
  for (const Value& element : value.elements()) holes && element.is_hole() ? tag(Tag::hole) : this->value(element);
}

void Encoder::object(const Value& value) {
  tag(Tag::object);
  varint(value.size());
  for (const auto& [key, member] : value.members()) {
    text(key);
    this->value(member);
  }
}

void Encoder::map(const Value& value) {
  tag(Tag::map);
  varint(value.size());
  for (const auto& [key, item] : value.entries()) {
    this->value(key);
    this->value(item);
  }
}

void Encoder::error(const Value& value) {
  tag(Tag::error);
  for (const auto& [key, part] : value.members()) this->value(part);  // name, message, then the five others
}

void Encoder::container(const Value& value) {
  switch (value.type()) {
    case Value::Type::array: return tag(Tag::array), elements(value, true);
    case Value::Type::set: return tag(Tag::set), elements(value, false);
    case Value::Type::map: return map(value);
    case Value::Type::error: return error(value);
    default: return object(value);
  }
}

// What can be referred to and holds no further values, or one primitive.
void Encoder::leaf(const Value& value, const Node* node) {
  if (value.is_bytes()) return bytes(value, node);
  if (value.is_date()) return tag(Tag::date), float64(value.time());
  if (value.is_boxed()) return tag(Tag::boxed), this->value(value.unboxed());
  tag(Tag::regexp);
  text(value.string("source"));
  text(value.string("flags"));
}

void Encoder::shared(const Value& value, const Node* node) {
  if (value.is_string()) return text(value.string());
  if (value.is_bigint()) return bigint(value);
  // One level more than a receiver accepts is written, so that it refuses the whole, and no more, so that no value can
  // exhaust this stack.
  if (level_ > Value::max_depth && node->depth > 0) return tag(Tag::undefined);
  if (refer(node)) return;
  if (node->depth == 0) return leaf(value, node);
  ++level_;
  container(value);
  --level_;
}

void Encoder::value(const Value& value) {
  if (const Node* node = ValueAccess::node(value); node != nullptr) return shared(value, node);
  switch (value.type()) {
    case Value::Type::null: return tag(Tag::null);
    case Value::Type::boolean: return tag(value.boolean() ? Tag::boolean_true : Tag::boolean_false);
    case Value::Type::number: return number(value.number());
    case Value::Type::bigint: return bigint(value);
    case Value::Type::port: return tag(Tag::port), varint(value.port());
    case Value::Type::shared_buffer: return tag(Tag::shared_buffer), varint(value.shared_buffer());
    default: return tag(Tag::undefined);
  }
}

}  // namespace

void encode(const Value& value, std::vector<std::byte>& out) {
  out.reserve(out.size() + std::min<std::size_t>(value.cost(), 4096));
  out.push_back(static_cast<std::byte>(clone::version));
  Encoder(out).value(value);
}

std::vector<std::byte> encode(const Value& value) {
  std::vector<std::byte> out;
  encode(value, out);
  return out;
}

}  // namespace mullion
