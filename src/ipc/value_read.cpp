// Access to what a Value holds, and comparison.
#include <cmath>
#include <limits>

#include "ipc/value_node.hpp"
#include "mullion/ipc/value.hpp"

namespace mullion {

using namespace detail;

namespace {

const Value& nothing() {
  static const Value undefined;
  return undefined;
}

const std::string& no_text() {
  static const std::string empty;
  return empty;
}

const Storage* storage_of(const Value& value) {
  Node* node = ValueAccess::node(value);
  return node == nullptr ? nullptr : &node->storage;
}

bool is_stored_as(const Value& value, Storage storage) {
  const Storage* found = storage_of(value);
  return found != nullptr && *found == storage;
}

const RecordNode* record_of(const Value& value) {
  return is_stored_as(value, Storage::record) ? &ValueAccess::as<RecordNode>(value) : nullptr;
}

std::vector<std::byte> little_endian(std::uint64_t natural) {
  std::vector<std::byte> bytes;
  for (; natural != 0; natural >>= 8) bytes.push_back(static_cast<std::byte>(natural & 0xff));
  return bytes;
}

Kind kind_named(std::string_view name) {
  for (auto kind : {Kind::overloaded, Kind::disconnected, Kind::denied, Kind::unimplemented, Kind::invalid}) {
    if (to_string(kind) == name) return kind;
  }
  return Kind::failed;
}

}  // namespace

std::string_view detail::describe(const Value& value) {
  static constexpr std::string_view names[] = {
      "undefined", "null",     "a boolean", "a number", "a bigint", "a string", "bytes",             "a date",
      "a regexp",  "an error", "an array",  "an object", "a map",   "a set",    "a boxed primitive", "a port",
      "a SharedBuffer"};
  return names[static_cast<std::size_t>(value.type())];
}

const std::string& Value::string() const& { return is_string() ? ValueAccess::as<TextNode>(*this).text : no_text(); }

double Value::number() const {
  if (is_number()) return payload_.number;
  if (!is_bigint()) return 0;
  if (!shared_) return flavor_ != 0 ? static_cast<double>(payload_.natural) : static_cast<double>(payload_.integer);
  const auto& big = ValueAccess::as<BigintNode>(*this);
  double result = 0;
  for (std::size_t i = big.magnitude.size(); i-- > 0;) result = result * 256 + static_cast<double>(big.magnitude[i]);
  return big.negative ? -result : result;
}

Bytes Value::bytes() const& {
  if (!is_bytes()) return {};
  if (!is_stored_as(*this, Storage::view)) return ValueAccess::as<BytesNode>(*this).bytes;
  const auto& view = ValueAccess::as<ViewNode>(*this);
  return view.buffer.bytes().subspan(view.offset, view.bytes);
}

Value::View Value::view() const {
  if (is_stored_as(*this, Storage::buffer)) return View::array_buffer;
  return is_stored_as(*this, Storage::view) ? ValueAccess::as<ViewNode>(*this).view : View::uint8;
}

double Value::time() const {
  return is_date() ? ValueAccess::as<DateNode>(*this).milliseconds : std::numeric_limits<double>::quiet_NaN();
}

bool Value::negative() const {
  if (!is_bigint()) return false;
  return shared_ ? ValueAccess::as<BigintNode>(*this).negative : flavor_ == 0 && payload_.integer < 0;
}

std::vector<std::byte> Value::magnitude() const {
  if (!is_bigint()) return {};
  if (shared_) return ValueAccess::as<BigintNode>(*this).magnitude;
  return little_endian(negative() ? 0 - payload_.natural : payload_.natural);
}

const Value& Value::unboxed() const { return is_boxed() ? ValueAccess::as<BoxNode>(*this).primitive : *this; }

const Value& Value::operator[](std::string_view key) const& {
  const RecordNode* record = record_of(*this);
  const Value* found = record == nullptr ? nullptr : record->find(key);
  return found == nullptr ? nothing() : *found;
}

const Value& Value::operator[](std::size_t index) const& {
  auto all = elements();
  return index < all.size() ? all[index] : nothing();
}

bool Value::contains(std::string_view key) const {
  const RecordNode* record = record_of(*this);
  return record != nullptr && record->find(key) != nullptr;
}

std::size_t Value::size() const {
  if (is_string()) return string().size();
  if (is_bytes()) return bytes().size();
  return elements().size() + members().size() + entries().size();
}

std::span<const Value> Value::elements() const& {
  if (!is_stored_as(*this, Storage::list)) return {};
  return ValueAccess::as<ListNode>(*this).elements;
}

std::span<const Value::Member> Value::members() const& {
  const RecordNode* record = record_of(*this);
  return record == nullptr ? std::span<const Member>() : std::span<const Member>(record->members);
}

std::span<const Value::Entry> Value::entries() const& {
  if (!is_stored_as(*this, Storage::map)) return {};
  return ValueAccess::as<MapNode>(*this).entries;
}

Error Value::at_place(std::size_t index, Error error) {
  error.message.insert(0, "[" + std::to_string(index) + "]: ");
  return error;
}

std::unexpected<Error> Value::mismatch(std::string_view expected) const {
  std::string message = "expected ";
  message.append(expected).append(", found ").append(describe(*this));
  return std::unexpected(Error{.kind = Kind::invalid, .code = "type", .message = std::move(message)});
}

namespace {

std::unexpected<Error> misfit(const Value& value, std::string least, std::string most) {
  std::string message = "expected an integer from " + least + " to " + most + ", found " + value.inspect();
  return std::unexpected(Error{.kind = Kind::invalid, .code = "type", .message = std::move(message)});
}

}  // namespace

Result<std::int64_t> Value::to_signed(std::int64_t least, std::int64_t most) const {
  if (!is_number() && !is_bigint()) return mismatch("an integer");
  std::int64_t found = 0;
  bool exact = false;
  if (is_bigint()) {
    exact = !shared_ && flavor_ == 0;
    found = payload_.integer;
  } else if (payload_.number >= -0x1p63 && payload_.number < 0x1p63) {
    found = static_cast<std::int64_t>(payload_.number);
    exact = static_cast<double>(found) == payload_.number;
  }
  if (!exact || found < least || found > most) return misfit(*this, std::to_string(least), std::to_string(most));
  return found;
}

Result<std::uint64_t> Value::to_unsigned(std::uint64_t most) const {
  if (!is_number() && !is_bigint()) return mismatch("an integer");
  std::uint64_t found = 0;
  bool exact = false;
  if (is_bigint()) {
    exact = !shared_ && !negative();
    found = payload_.natural;
  } else if (payload_.number >= 0 && payload_.number < 0x1p64) {
    found = static_cast<std::uint64_t>(payload_.number);
    exact = static_cast<double>(found) == payload_.number;
  }
  if (!exact || found > most) return misfit(*this, "0", std::to_string(most));
  return found;
}

Result<Error> Value::to_error() const {
  if (!is_error()) return mismatch("an error");
  Error error{.kind = kind_named(string("kind")), .code = string("code"), .message = string("message")};
  if (const Value& data = (*this)["data"]; !data.is_undefined()) error.data = std::make_shared<const Value>(data);
  return error;
}

namespace {

bool equal_elements(const Value& a, const Value& b) {
  auto left = a.elements(), right = b.elements();
  for (std::size_t i = 0; i < left.size(); ++i) {
    if (!(left[i] == right[i])) return false;
  }
  return true;
}

bool equal_members(const Value& a, const Value& b) {
  for (const auto& [key, value] : a.members()) {
    if (!b.contains(key) || !(value == b[key])) return false;
  }
  return true;
}

bool equal_entries(const Value& a, const Value& b) {
  auto left = a.entries(), right = b.entries();
  for (std::size_t i = 0; i < left.size(); ++i) {
    if (!(left[i].key == right[i].key && left[i].value == right[i].value)) return false;
  }
  return true;
}

bool equal_numbers(double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); }

bool equal_bytes(const Value& a, const Value& b) {
  Bytes left = a.bytes(), right = b.bytes();
  return a.view() == b.view() && std::equal(left.begin(), left.end(), right.begin(), right.end());
}

bool equal_containers(const Value& a, const Value& b) {
  if (a.depth() != b.depth() || a.depth() > Value::max_depth || a.size() != b.size()) return false;
  return equal_elements(a, b) && equal_members(a, b) && equal_entries(a, b);
}

}  // namespace

bool Value::equal_scalars(const Value& a, const Value& b) {
  switch (a.type_) {
    case Type::boolean: return a.payload_.boolean == b.payload_.boolean;
    case Type::number: return equal_numbers(a.payload_.number, b.payload_.number);
    case Type::bigint: return a.payload_.integer == b.payload_.integer;
    case Type::shared_buffer:
    case Type::port: return a.payload_.index == b.payload_.index;
    default: return true;
  }
}

bool Value::equal(const Value& a, const Value& b) {
  if (a.type_ != b.type_ || a.flavor_ != b.flavor_ || a.shared_ != b.shared_) return false;
  if (!a.shared_) return equal_scalars(a, b);
  if (a.payload_.node == b.payload_.node) return true;
  switch (a.type_) {
    case Type::string: return a.string() == b.string();
    case Type::bigint: return a.negative() == b.negative() && a.magnitude() == b.magnitude();
    case Type::bytes: return equal_bytes(a, b);
    case Type::date: return equal_numbers(a.time(), b.time());
    case Type::boxed: return a.unboxed() == b.unboxed();
    default: return equal_containers(a, b);
  }
}

}  // namespace mullion
