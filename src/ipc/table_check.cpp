// Whether bytes from anybody are a table of a type, by mini-reflection, with bounded work. The generated verifier runs
// after this one and knows more (required members, nested buffers), but visits what is shared as often as it is shared.
#include <algorithm>
#include <cstring>

#include "ipc/table_schema.hpp"
#include "mullion/ipc/table.hpp"

namespace mullion::detail {
namespace {

struct Place {
  std::size_t at = 0, vtable = 0;
  std::uint16_t vtable_size = 0;
};

class StructureCheck {
 public:
  explicit StructureCheck(Bytes bytes) : bytes_(bytes), budget_(65536 + table_expansion * bytes.size()) {}

  bool root(const TypeTable* type) {
    std::size_t at;
    return bytes_.size() < FLATBUFFERS_MAX_BUFFER_SIZE && follow(0, at) && table(type, at);
  }

 private:
  template <class T>
  bool read(std::size_t at, T& out) const {
    if (bytes_.size() < sizeof(T) || at > bytes_.size() - sizeof(T)) return false;
    std::memcpy(&out, bytes_.data() + at, sizeof(T));
    out = flatbuffers::EndianScalar(out);
    return true;
  }
  bool holds(std::size_t at, std::size_t size) const { return size <= bytes_.size() && at <= bytes_.size() - size; }
  bool spend(std::size_t bytes) {
    if (bytes > budget_) return false;
    budget_ -= bytes;
    return true;
  }
  bool follow(std::size_t at, std::size_t& target) const;
  bool table(const TypeTable* type, std::size_t at);
  bool find(const Place& table, std::size_t index, std::size_t& at) const;
  bool field(const TypeTable* type, std::size_t index, const Place& table);
  bool union_field(const FieldType& field, std::size_t index, const Place& table);
  bool string(std::size_t at);
  bool vector(std::size_t at, std::size_t element_size, std::size_t& first, std::uint32_t& count);
  bool elements(const FieldType& field, std::size_t at);
  bool pointed(const FieldType& field, std::size_t at);
  bool union_member(const TypeTable* type, std::uint8_t tag, std::size_t at);
  bool union_vector(const TypeTable* type, std::size_t tags, std::size_t at);

  Bytes bytes_;
  std::size_t budget_;
  std::size_t depth_ = 0;
};

// Offsets only point forward, so nothing can contain itself.
bool StructureCheck::follow(std::size_t at, std::size_t& target) const {
  std::uint32_t offset;
  if (at % sizeof offset != 0 || !read(at, offset) || offset == 0) return false;
  target = at + offset;
  return target % sizeof offset == 0 && holds(target, sizeof offset);
}

bool StructureCheck::string(std::size_t at) {
  std::size_t first;
  std::uint32_t length;
  return vector(at, 1, first, length) && holds(first + length, 1) && bytes_[first + length] == std::byte{0};
}

bool StructureCheck::vector(std::size_t at, std::size_t element_size, std::size_t& first, std::uint32_t& count) {
  if (!read(at, count)) return false;
  first = at + sizeof count;
  return holds(first, count * element_size) && spend(16 + count * element_size);
}

// Generated code loads a vector's elements where they stand.
std::size_t least_alignment(const FieldType& field) {
  if (!field.is_struct()) return field.size();
  std::size_t most = 1;
  for (std::size_t i = 0; i < field.ref->num_elems; ++i)
    most = std::max(most, least_alignment(field_of(field.ref, i).element()));
  return most;
}

bool StructureCheck::elements(const FieldType& field, std::size_t at) {
  std::size_t first;
  std::uint32_t count;
  if (!vector(at, field.size(), first, count)) return false;
  if (count > 0 && first % least_alignment(field) != 0) return false;
  if (field.is_scalar() || field.is_struct()) return true;
  for (std::uint32_t i = 0; i < count; ++i) {
    std::size_t target;
    if (!follow(first + i * sizeof(std::uint32_t), target) || !pointed(field.element(), target)) return false;
  }
  return true;
}

bool StructureCheck::pointed(const FieldType& field, std::size_t at) {
  if (field.repeating) return elements(field, at);
  return field.is_string() ? string(at) : field.is_table() && table(field.ref, at);
}

bool StructureCheck::union_member(const TypeTable* type, std::uint8_t tag, std::size_t at) {
  std::size_t index = enum_index(type, tag);
  if (index == type->num_elems) return true;  // from a later version: nobody follows it
  FieldType member = type_of(type->type_codes[index], type, "");
  if (member.is_struct()) return holds(at, member.size());
  if (member.type == flatbuffers::ET_SEQUENCE && member.ref == nullptr) return true;  // NONE
  return pointed(member, at);
}

// Here generated code asserts that each element is something that it knows.
bool StructureCheck::union_vector(const TypeTable* type, std::size_t tags, std::size_t at) {
  std::size_t first_tag, first;
  std::uint32_t tag_count, count;
  if (!vector(tags, 1, first_tag, tag_count) || !vector(at, 4, first, count) || tag_count != count) return false;
  for (std::uint32_t i = 0; i < count; ++i) {
    std::uint8_t tag;
    std::size_t target;
    if (!read(first_tag + i, tag) || tag == 0 || enum_index(type, tag) == type->num_elems) return false;
    if (!follow(first + i * 4, target) || !union_member(type, tag, target)) return false;
  }
  return true;
}

// Where a field of a table stands; false where it is absent.
bool StructureCheck::find(const Place& table, std::size_t index, std::size_t& at) const {
  std::size_t slot = 4 + 2 * index;
  std::uint16_t offset = 0;
  if (slot < table.vtable_size && !read(table.vtable + slot, offset)) return false;
  at = table.at + offset;
  return offset != 0;
}

bool StructureCheck::field(const TypeTable* type, std::size_t index, const Place& table) {
  FieldType field = field_of(type, index);
  std::size_t at, target;
  if (field.is_union()) return union_field(field, index, table);
  if (!find(table, index, at)) return true;
  if (field.is_inline()) return holds(at, field.size());
  return follow(at, target) && pointed(field, target);
}

// Generated code takes a union that says what it is to be there, and follows a null pointer where it is not.
bool StructureCheck::union_field(const FieldType& field, std::size_t index, const Place& table) {
  std::size_t at = 0, target = 0, tag_at = 0, tags = 0;
  bool there = find(table, index, at), tagged = find(table, index - 1, tag_at);
  if (there && !follow(at, target)) return false;
  if (field.repeating) return !there || (tagged && follow(tag_at, tags) && union_vector(field.ref, tags, target));
  std::uint8_t tag = 0;
  if (tagged && !read(tag_at, tag)) return false;
  return there ? union_member(field.ref, tag, target) : tag == 0 || enum_index(field.ref, tag) == field.ref->num_elems;
}

bool StructureCheck::table(const TypeTable* type, std::size_t at) {
  std::int32_t back;
  Place place{at};
  if (!spend(16) || depth_ == table_depth || !read(at, back)) return false;
  place.vtable = at - static_cast<std::size_t>(static_cast<std::ptrdiff_t>(back));
  if (place.vtable % 2 != 0 || !read(place.vtable, place.vtable_size)) return false;
  if (place.vtable_size % 2 != 0 || !holds(place.vtable, place.vtable_size)) return false;
  ++depth_;
  for (std::size_t i = 0; i < type->num_elems; ++i) {
    if (!field(type, i, place)) return false;
  }
  --depth_;
  return true;
}

}  // namespace

std::unexpected<Error> not_a_table(std::string_view name, std::string_view why) {
  std::string message(name);
  message.append(": ").append(why);
  return std::unexpected(Error{.kind = Kind::invalid, .code = "schema", .message = std::move(message)});
}

Result<> check_structure(const TypeTable* type, std::string_view name, Bytes table) {
  if (StructureCheck(table).root(type)) return {};
  return not_a_table(name, "these bytes are not such a table");
}

}  // namespace mullion::detail
