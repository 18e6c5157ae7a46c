// From a verified table to a Value, by mini-reflection.
#include <cstring>
#include <optional>

#include "ipc/table_schema.hpp"
#include "ipc/value_node.hpp"
#include "mullion/ipc/table.hpp"

namespace mullion {
namespace detail {
namespace {

using Data = const std::uint8_t*;

class TableReader {
 public:
  // Undefined once something could not be read; then error() says why.
  Value table(const TypeTable* type, Data data);
  std::optional<Error>& error() { return error_; }

 private:
  Value absent(const FieldType& field);
  Value present(const FieldType& field, Data at);
  Value scalar(const FieldType& field, Data at);
  Value enumerator(const TypeTable* type, const Value& value);
  Value structure(const TypeTable* type, Data at);
  Value string(Data at);
  Value vector(const FieldType& field, Data at);
  Value list(const FieldType& field, Data first, std::size_t count);
  Value blob(const FieldType& field, Data first, std::size_t count);
  Value union_member(const TypeTable* type, std::uint8_t tag, Data at);
  void pay(std::size_t bytes);
  void fail(Kind kind, std::string_view code, std::string message);

  std::size_t paid_ = 0;
  std::optional<Error> error_;
};

Data follow(Data at) { return at + flatbuffers::ReadScalar<flatbuffers::uoffset_t>(at); }

void TableReader::fail(Kind kind, std::string_view code, std::string message) {
  if (!error_) error_ = Error{.kind = kind, .code = std::string(code), .message = std::move(message)};
}

void TableReader::pay(std::size_t bytes) {
  paid_ = add_costs(paid_, bytes);
  if (paid_ > DecodeLimits{}.cost) fail(Kind::invalid, "too-large", "larger than a value may be");
}

// Scalars in structs and unions may stand unaligned where a liar put them.
template <class T>
T load(Data at) {
  T number;
  std::memcpy(&number, at, sizeof number);
  return flatbuffers::EndianScalar(number);
}

template <class T>
Value read_number(Data at) {
  T number = load<T>(at);
  if constexpr (sizeof(T) == 8 && std::is_integral_v<T>) return Value::bigint(number);
  return number;
}

Value TableReader::enumerator(const TypeTable* type, const Value& value) {
  std::size_t index = type->num_elems;
  if (auto number = value.to<std::int64_t>()) index = enum_index(type, *number);
  return index == type->num_elems || type->names == nullptr ? value : Value(enum_name(type, index));
}

Value read_scalar(ElementaryType type, Data at) {
  switch (type) {
    case flatbuffers::ET_BOOL: return *at != 0;
    case flatbuffers::ET_CHAR: return read_number<std::int8_t>(at);
    case flatbuffers::ET_UTYPE:
    case flatbuffers::ET_UCHAR: return read_number<std::uint8_t>(at);
    case flatbuffers::ET_SHORT: return read_number<std::int16_t>(at);
    case flatbuffers::ET_USHORT: return read_number<std::uint16_t>(at);
    case flatbuffers::ET_INT: return read_number<std::int32_t>(at);
    case flatbuffers::ET_UINT: return read_number<std::uint32_t>(at);
    case flatbuffers::ET_LONG: return read_number<std::int64_t>(at);
    case flatbuffers::ET_ULONG: return read_number<std::uint64_t>(at);
    case flatbuffers::ET_FLOAT: return read_number<float>(at);
    case flatbuffers::ET_DOUBLE: return read_number<double>(at);
    default: return {};
  }
}

Value TableReader::scalar(const FieldType& field, Data at) {
  Value value = read_scalar(field.type, at);
  return field.is_enum() ? enumerator(field.ref, value) : value;
}

Value TableReader::string(Data at) {
  auto text = reinterpret_cast<const flatbuffers::String*>(at);
  pay(Node::base_cost + text->size());
  return Value(std::string_view(text->c_str(), text->size()));
}

Value TableReader::structure(const TypeTable* type, Data at) {
  std::vector<Value::Member> members;
  for (std::size_t i = 0; i < type->num_elems; ++i) {
    FieldType field = field_of(type, i);
    Data part = at + field.offset;
    members.push_back({std::string(field.name),
                       field.repeating ? list(field.element(), part, field.elements) : present(field, part)});
  }
  pay(Node::base_cost + members.size() * sizeof(Value::Member));
  return Value::object(std::move(members));
}

Value TableReader::blob(const FieldType& field, Data first, std::size_t count) {
  pay(Node::base_cost + count);
  Bytes content = std::as_bytes(std::span(first, count));
  if (field.type == flatbuffers::ET_UCHAR) return content;
  Value buffer = Value::array_buffer({content.begin(), content.end()});
  return Value::view(Value::View::int8, buffer, 0, count).value_or(buffer);
}

Value TableReader::list(const FieldType& field, Data first, std::size_t count) {
  std::vector<Value> elements;
  pay(Node::base_cost + count * sizeof(Value));
  if (!error_) elements.reserve(count);
  for (std::size_t i = 0; i < count && !error_; ++i) elements.push_back(present(field, first + i * field.size()));
  return Value::array(std::move(elements));
}

Value TableReader::vector(const FieldType& field, Data at) {
  std::size_t count = flatbuffers::ReadScalar<flatbuffers::uoffset_t>(at);
  Data first = at + sizeof(flatbuffers::uoffset_t);
  bool bytes = !field.is_enum() && (field.type == flatbuffers::ET_UCHAR || field.type == flatbuffers::ET_CHAR);
  return bytes ? blob(field, first, count) : list(field.element(), first, count);
}

// The value of a field, or of one element, that stands at `at` or is pointed to from there.
Value TableReader::present(const FieldType& field, Data at) {
  if (field.repeating) return vector(field, follow(at));
  if (field.is_scalar()) return scalar(field, at);
  if (field.is_string()) return string(follow(at));
  return field.is_struct() ? structure(field.ref, at) : table(field.ref, follow(at));
}

// As flatc's object API shows what is absent.
Value TableReader::absent(const FieldType& field) {
  if (field.repeating) {
    bool bytes = !field.is_enum() && (field.type == flatbuffers::ET_UCHAR || field.type == flatbuffers::ET_CHAR);
    return bytes ? blob(field, nullptr, 0) : Value::array();
  }
  if (field.is_string()) return "";
  if (field.type == flatbuffers::ET_UTYPE) return enumerator(field.ref, 0);
  return nullptr;
}

Value TableReader::union_member(const TypeTable* type, std::uint8_t tag, Data at) {
  std::size_t index = enum_index(type, tag);
  if (index == type->num_elems) return nullptr;
  FieldType member = type_of(type->type_codes[index], type, "");
  if (member.is_string()) return string(at);
  if (member.is_struct()) return structure(member.ref, at);
  return member.is_table() ? table(member.ref, at) : Value(nullptr);
}

Value TableReader::table(const TypeTable* type, Data data) {
  auto fields = reinterpret_cast<const flatbuffers::Table*>(data);
  auto position = [&](std::size_t i) {
    return fields->GetAddressOf(flatbuffers::FieldIndexToOffset(static_cast<flatbuffers::voffset_t>(i)));
  };
  std::vector<Value::Member> members;
  for (std::size_t i = 0; i < type->num_elems && !error_; ++i) {
    FieldType field = field_of(type, i);
    Data at = position(i);
    Value value = absent(field);
    if (at != nullptr && field.is_union() && field.repeating) {
      fail(Kind::unimplemented, "schema", std::string(field.name) + ": vectors of unions are not supported");
    } else if (at != nullptr && field.is_union()) {
      Data tag = i > 0 ? position(i - 1) : nullptr;
      value = union_member(field.ref, tag != nullptr ? *tag : 0, follow(at));
    } else if (at != nullptr) {
      value = present(field, at);
    }
    members.push_back({std::string(field.name), std::move(value)});
  }
  pay(Node::base_cost + members.size() * sizeof(Value::Member));
  return Value::object(std::move(members));
}

}  // namespace

Result<Value> read_table(const TypeTable* type, std::string_view name, Bytes table) {
  TableReader reader;
  Value value = reader.table(type, flatbuffers::GetRoot<std::uint8_t>(table.data()));
  if (auto& error = reader.error()) {
    error->message.insert(0, std::string(name) + ": ");
    return std::unexpected(std::move(*error));
  }
  return value;
}

}  // namespace detail

Result<Value> value_from_table(const flatbuffers::TypeTable* type, Bytes table) {
  std::vector<std::byte> own(table.begin(), table.end());
  if (auto sound = detail::check_structure(type, "table", own); !sound) return std::unexpected(sound.error());
  return detail::read_table(type, "table", own);
}

}  // namespace mullion
