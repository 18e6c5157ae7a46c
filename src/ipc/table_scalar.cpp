#include <cmath>
#include <limits>

#include "ipc/table_build.hpp"

namespace mullion::detail {
namespace {

std::unexpected<Error> wrong(std::string message) {
  return std::unexpected(Error{.kind = Kind::invalid, .code = "schema", .message = std::move(message)});
}

// "expected a number, found a string" without the code of a type error.
template <class T>
std::unexpected<Error> wrong(const Result<T>& result) {
  return wrong(result.error().message);
}

template <class T>
Result<> write_integer(std::string_view name, const Value& value, std::uint8_t* to) {
  auto integer = value.to<T>();
  if (integer) {
    flatbuffers::WriteScalar(to, *integer);
    return {};
  }
  bool whole = value.is_bigint() || (value.is_number() && std::trunc(value.number()) == value.number());
  if (!whole && value.is_number()) return wrong("expected an integer, found " + value.inspect());
  if (!whole) return wrong(integer);
  using Limits = std::numeric_limits<T>;
  std::string message = value.inspect() + " is not a ";
  message.append(name).append(" (").append(std::to_string(Limits::min())).append(" to ");
  return wrong(message.append(std::to_string(Limits::max())).append(")"));
}

template <class T>
Result<> write_float(const Value& value, std::uint8_t* to) {
  auto number = value.to<double>();
  if (!number) return wrong(number);
  auto rounded = static_cast<T>(*number);
  if (std::isinf(rounded) && !std::isinf(*number)) return wrong(value.inspect() + " is not a float (up to 3.4e+38)");
  flatbuffers::WriteScalar(to, rounded);
  return {};
}

Result<> write_number(ElementaryType type, const Value& value, std::uint8_t* to) {
  switch (type) {
    case flatbuffers::ET_CHAR: return write_integer<std::int8_t>("byte", value, to);
    case flatbuffers::ET_UTYPE:
    case flatbuffers::ET_UCHAR: return write_integer<std::uint8_t>("ubyte", value, to);
    case flatbuffers::ET_SHORT: return write_integer<std::int16_t>("short", value, to);
    case flatbuffers::ET_USHORT: return write_integer<std::uint16_t>("ushort", value, to);
    case flatbuffers::ET_INT: return write_integer<std::int32_t>("int", value, to);
    case flatbuffers::ET_UINT: return write_integer<std::uint32_t>("uint", value, to);
    case flatbuffers::ET_LONG: return write_integer<std::int64_t>("long", value, to);
    case flatbuffers::ET_ULONG: return write_integer<std::uint64_t>("ulong", value, to);
    case flatbuffers::ET_FLOAT: return write_float<float>(value, to);
    case flatbuffers::ET_DOUBLE: return write_float<double>(value, to);
    default: return wrong("a type that is not known");
  }
}

Result<> write_enumerator(const FieldType& field, const Value& value, std::uint8_t* to) {
  const TypeTable* type = field.ref;
  for (std::size_t i = 0; i < type->num_elems; ++i) {
    if (value.string() == enum_name(type, i)) return write_number(field.type, Value::bigint(enum_value(type, i)), to);
  }
  std::string message = value.inspect() + " is none of ";
  for (std::size_t i = 0; i < type->num_elems; ++i) {
    message.append(i == 0 ? "" : ", ").append(enum_name(type, i));
  }
  return wrong(std::move(message));
}

}  // namespace

Result<> write_scalar(const FieldType& field, const Value& value, std::uint8_t* to) {
  if (field.is_enum() && value.is_string()) return write_enumerator(field, value, to);
  if (field.type != flatbuffers::ET_BOOL) return write_number(field.type, value, to);
  auto boolean = value.to<bool>();
  if (!boolean) return wrong(boolean);
  *to = *boolean ? 1 : 0;
  return {};
}

}  // namespace mullion::detail
