// What FlatBuffers' mini-reflection tells about a type, in the words of this layer.
#pragma once

#include <flatbuffers/flatbuffers.h>
#include <flatbuffers/minireflect.h>

#include <algorithm>
#include <cstdint>
#include <string_view>

#include "mullion/base/error.hpp"

namespace mullion::detail {

using flatbuffers::ElementaryType;
using flatbuffers::TypeTable;

// What the schema calls it: generated code calls a member `class` `class_`, as C++ needs.
std::string_view name_in_schema(std::string_view generated);

struct FieldType {
  ElementaryType type;
  bool repeating;            // a vector, or in a struct a fixed array
  const TypeTable* ref;      // of a sequence or enum, or null
  std::string_view name;
  std::size_t offset = 0;    // in a struct
  std::size_t elements = 1;  // of a fixed array

  bool is(flatbuffers::SequenceType kind) const {
    return type == flatbuffers::ET_SEQUENCE && ref != nullptr && ref->st == kind;
  }
  bool is_table() const { return is(flatbuffers::ST_TABLE); }
  bool is_struct() const { return is(flatbuffers::ST_STRUCT); }
  bool is_union() const { return is(flatbuffers::ST_UNION); }
  bool is_string() const { return type == flatbuffers::ET_STRING; }
  bool is_scalar() const { return !is_string() && type != flatbuffers::ET_SEQUENCE; }
  bool is_enum() const { return is_scalar() && ref != nullptr; }
  // Whether it stands in its table itself, not behind an offset.
  bool is_inline() const { return !repeating && (is_scalar() || is_struct()); }
  // Of one element.
  std::size_t size() const { return flatbuffers::InlineSize(type, ref); }
  // A struct's is not told: the largest power of two that divides its size cannot be too small.
  std::size_t alignment() const { return is_struct() ? std::min<std::size_t>(size() & (0 - size()), 16) : size(); }
  FieldType element() const {
    FieldType one = *this;
    one.repeating = false;
    one.elements = 1;
    return one;
  }
};

inline FieldType type_of(const flatbuffers::TypeCode& code, const TypeTable* owner, std::string_view name) {
  const TypeTable* ref = code.sequence_ref >= 0 ? owner->type_refs[code.sequence_ref]() : nullptr;
  return {static_cast<ElementaryType>(code.base_type), code.is_repeating != 0, ref, name};
}

inline FieldType field_of(const TypeTable* type, std::size_t index) {
  std::string_view name = type->names != nullptr ? name_in_schema(type->names[index]) : "";
  FieldType field = type_of(type->type_codes[index], type, name);
  if (type->st != flatbuffers::ST_STRUCT) return field;
  field.offset = static_cast<std::size_t>(type->values[index]);
  if (field.repeating) {
    std::size_t arrays = 0;
    for (std::size_t i = 0; i < index; ++i) arrays += type->type_codes[i].is_repeating;
    field.elements = static_cast<std::size_t>(type->array_sizes[arrays]);
  }
  return field;
}

inline std::int64_t enum_value(const TypeTable* type, std::size_t index) {
  return type->values != nullptr ? type->values[index] : static_cast<std::int64_t>(index);
}

inline std::string_view enum_name(const TypeTable* type, std::size_t index) {
  return type->names != nullptr ? name_in_schema(type->names[index]) : "";
}

// The index of an enum's or union's value in its type, or num_elems.
inline std::size_t enum_index(const TypeTable* type, std::int64_t value) {
  std::size_t index = 0;
  while (index < type->num_elems && enum_value(type, index) != value) ++index;
  return index;
}

}  // namespace mullion::detail
