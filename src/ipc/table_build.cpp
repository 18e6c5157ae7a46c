#include "ipc/table_build.hpp"

#include <algorithm>
#include <span>
#include <utility>

#include "ipc/utf8.hpp"
#include "ipc/value_node.hpp"
#include "mullion/ipc/table.hpp"

namespace mullion::detail {
namespace {

constexpr std::size_t most_layouts = 32;
constexpr std::size_t most_bytes = std::size_t{512} << 20;  // FlatBuffers ends at 2 GiB

// What a typed array must be to stand for a vector of these. [ubyte] and [byte] take any bytes.
bool holds_elements(const Value& value, ElementaryType type) {
  using View = Value::View;
  if (!value.is_bytes()) return false;
  switch (type) {
    case flatbuffers::ET_CHAR:
    case flatbuffers::ET_UCHAR: return true;
    case flatbuffers::ET_SHORT: return value.view() == View::int16;
    case flatbuffers::ET_USHORT: return value.view() == View::uint16;
    case flatbuffers::ET_INT: return value.view() == View::int32;
    case flatbuffers::ET_UINT: return value.view() == View::uint32;
    case flatbuffers::ET_LONG: return value.view() == View::bigint64;
    case flatbuffers::ET_ULONG: return value.view() == View::biguint64;
    case flatbuffers::ET_FLOAT: return value.view() == View::float32;
    case flatbuffers::ET_DOUBLE: return value.view() == View::float64;
    default: return false;
  }
}

std::string expected(std::string_view what, const Value& found) {
  std::string message = "expected ";
  return message.append(what).append(", found ").append(describe(found));
}

// What stands for an absent string, vector or table.
const Value& blank(const FieldType& field) {
  static const Value text = "", elements = Value::array(), members = Value::object();
  return field.repeating ? elements : field.is_string() ? text : members;
}

bool counts_as_absent(const Value& value) { return value.is_undefined() || value.is_null(); }

}  // namespace

std::string Path::text() const {
  if (parent == nullptr) return std::string(name);
  std::string before = parent->text();
  return name.empty() ? before + "[" + std::to_string(index) + "]" : before + "." + std::string(name);
}

bool TableBuilder::fail(const Path& path, std::string_view what, Kind kind) {
  error_ = {.kind = kind, .code = "schema", .message = path.text().append(": ").append(what)};
  return false;
}

bool TableBuilder::room(const Path& path) {
  return builder_.GetSize() < most_bytes || fail(path, "larger than a table may be");
}

std::vector<std::byte> TableBuilder::build(const TypeTable* type, std::string_view name, const Value& value) {
  Path root{nullptr, name};
  Offset offset;
  if (value.cost() > DecodeLimits{}.cost) return fail(root, "larger than a table may be"), std::vector<std::byte>();
  if (!table(type, value, root, offset)) return {};
  builder_.Finish(offset);
  auto written = std::as_bytes(std::span(builder_.GetBufferPointer(), builder_.GetSize()));
  return {written.begin(), written.end()};
}

// Whether something empty is to stand for this absent member. Stubs hold strings, vectors and structs, no tables.
bool TableBuilder::stub(const TypeTable* type, std::size_t index, const FieldType& field, const Path& path) {
  if (field.is_inline() && !field.is_struct()) return false;
  bool is_table = (field.is_table() || field.is_union()) && !field.repeating;
  if (stubbing_) return !is_table;
  auto same = [&](const Absent& other) { return other.type == type && other.index == index; };
  if (std::ranges::none_of(absent_, same)) absent_.push_back({type, index, is_table, path.member(field.name).text()});
  return std::ranges::any_of(stubs_, same) && !field.is_union();
}

// One for each field of the type, in order; a member of the value that no field has is an error.
bool TableBuilder::slots(const TypeTable* type, const Value& value, const Path& path, std::vector<Slot>& slots) {
  if (!value.is_object()) return fail(path, expected("an object", value));
  for (std::size_t i = 0; i < type->num_elems; ++i) slots.push_back({field_of(type, i)});
  for (const auto& [key, member] : value.members()) {
    if (member.is_undefined()) continue;
    auto slot = std::ranges::find(slots, std::string_view(key), [](const Slot& each) { return each.field.name; });
    if (slot == slots.end()) return fail(path.member(key.substr(0, 64)), "no such member in the schema");
    if (!counts_as_absent(member)) slot->value = &member;
  }
  return true;
}

bool TableBuilder::string(const Value& value, const Path& path, Offset& out) {
  auto text = value.to<std::string_view>();
  if (!text) return fail(path, text.error().message);
  std::string repaired;
  if (!is_utf8(*text)) text = repaired = to_utf8(*text);
  out = builder_.CreateString(text->data(), text->size()).Union();
  return room(path);
}

TableBuilder::Offset TableBuilder::raw_vector(const FieldType& element, Bytes content) {
  builder_.StartVector(content.size() / element.alignment(), element.alignment());
  builder_.PushBytes(reinterpret_cast<const std::uint8_t*>(content.data()), content.size());
  return Offset(builder_.EndVector(content.size() / element.size()));
}

bool TableBuilder::inline_elements(const FieldType& element, const Value& value, const Path& path, Offset& out) {
  auto elements = value.elements();
  std::vector<std::byte> content(elements.size() * element.size());
  auto to = reinterpret_cast<std::uint8_t*>(content.data());
  for (std::size_t i = 0; i < elements.size(); ++i, to += element.size()) {
    if (!write_inline(element, elements[i], path.element(i), to)) return false;
  }
  out = raw_vector(element, content);
  return true;
}

bool TableBuilder::offsets(const FieldType& element, const Value& value, const Path& path, Offset& out) {
  auto elements = value.elements();
  std::vector<Offset> written(elements.size());
  for (std::size_t i = 0; i < elements.size(); ++i) {
    if (!pointed(element, elements[i], path.element(i), written[i])) return false;
  }
  out = builder_.CreateVector(written).Union();
  return true;
}

bool TableBuilder::vector(const FieldType& field, const Value& value, const Path& path, Offset& out) {
  FieldType element = field.element();
  if (field.is_union() || field.type == flatbuffers::ET_UTYPE) {
    return fail(path, "vectors of unions are not supported", Kind::unimplemented);
  }
  if (!field.is_enum() && field.is_scalar() && holds_elements(value, field.type)) {
    out = raw_vector(element, value.bytes());
    return room(path);
  }
  if (!value.is_array()) return fail(path, expected("an array", value));
  bool written = element.is_inline() ? inline_elements(element, value, path, out) : offsets(element, value, path, out);
  return written && room(path);
}

bool TableBuilder::pointed(const FieldType& field, const Value& value, const Path& path, Offset& out) {
  if (field.repeating) return vector(field, value, path, out);
  return field.is_string() ? string(value, path, out) : table(field.ref, value, path, out);
}

// The alternative that u_type, which stands before u, says u to be.
bool TableBuilder::alternative(const Slot& tag_slot, const TypeTable* type, const Path& path, FieldType& out) {
  Path tag_path = path.member(tag_slot.field.name);
  if (tag_slot.value == nullptr) return fail(tag_path, "missing");
  std::uint8_t tag = 0;
  auto known = write_scalar(tag_slot.field, *tag_slot.value, &tag);
  if (!known) return fail(tag_path, known.error().message);
  std::size_t index = enum_index(type, tag);
  if (tag == 0 || index == type->num_elems) return fail(tag_path, "names no alternative of the union");
  out = type_of(type->type_codes[index], type, "");
  return true;
}

// A union that says what it is and is not there.
bool TableBuilder::lacks_member(const std::vector<Slot>& slots, std::size_t index) const {
  const Slot& slot = slots[index];
  if (!slot.field.is_union() || slot.value != nullptr || slots[index - 1].value == nullptr) return false;
  std::uint8_t tag = 0;
  return slot.field.repeating || (write_scalar(slots[index - 1].field, *slots[index - 1].value, &tag) && tag != 0);
}

bool TableBuilder::union_member(const std::vector<Slot>& slots, std::size_t index, const Path& path, Offset& out) {
  const Slot& slot = slots[index];
  FieldType member{};
  if (!alternative(slots[index - 1], slot.field.ref, path, member)) return false;
  Path place = path.member(slot.field.name);
  if (!member.is_struct()) return pointed(member, *slot.value, place, out);
  std::vector<std::uint8_t> content(member.size());
  if (!structure(member.ref, *slot.value, place, content.data())) return false;
  builder_.StartStruct(member.alignment());
  builder_.PushBytes(content.data(), content.size());
  out = Offset(builder_.EndStruct());
  return true;
}

// What a member of its own place holds, written before the table that points to it.
bool TableBuilder::child(const std::vector<Slot>& slots, std::size_t index, const Path& path, Offset& out) {
  const auto& [field, value, offset, is_stub] = slots[index];
  if (!is_stub) {
    if (field.is_union() && !field.repeating) return union_member(slots, index, path, out);
    return pointed(field, *value, path.member(field.name), out);
  }
  bool outer = std::exchange(stubbing_, true);
  bool written = pointed(field, blank(field), path, out);
  stubbing_ = outer;
  return written;
}

bool TableBuilder::table(const TypeTable* type, const Value& value, const Path& path, Offset& out) {
  std::vector<Slot> fields;
  if (depth_ == table_depth) return fail(path, "tables nest too deep");
  if (!slots(type, value, path, fields)) return false;
  ++depth_;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    Slot& slot = fields[i];
    slot.stub = slot.value == nullptr && stub(type, i, slot.field, path);
    if (lacks_member(fields, i)) return fail(path.member(slot.field.name), "missing");
    bool apart = !slot.field.is_inline() && (slot.value != nullptr || slot.stub);
    if (apart && !child(fields, i, path, slot.offset)) return false;
  }
  auto start = builder_.StartTable();
  if (!write_slots(fields, path)) return false;
  count_layout(type, fields);
  out = Offset(builder_.EndTable(start));
  --depth_;
  return room(path);
}

bool TableBuilder::write_slot(const Slot& slot, std::size_t index, const Path& path) {
  auto place = flatbuffers::FieldIndexToOffset(static_cast<flatbuffers::voffset_t>(index));
  if (!slot.field.is_inline()) return builder_.AddOffset(place, slot.offset), true;
  std::vector<std::uint8_t> content(slot.field.size());
  if (slot.value != nullptr && !write_inline(slot.field, *slot.value, path.member(slot.field.name), content.data())) {
    return false;
  }
  builder_.Align(slot.field.alignment());
  builder_.PushBytes(content.data(), content.size());
  builder_.TrackField(place, builder_.GetSize());
  return true;
}

// The largest first, so that little is lost between them.
bool TableBuilder::write_slots(const std::vector<Slot>& slots, const Path& path) {
  for (std::size_t alignment = 16; alignment > 0; alignment /= 2) {
    for (std::size_t i = 0; i < slots.size(); ++i) {
      std::size_t own = slots[i].field.is_inline() ? slots[i].field.alignment() : sizeof(flatbuffers::uoffset_t);
      bool given = slots[i].value != nullptr || slots[i].stub;
      if (own == alignment && given && !write_slot(slots[i], i, path)) return false;
    }
  }
  return true;
}

// FlatBuffers looks for an equal layout among all that were written: with many different ones that is quadratic, so
// from then on each table brings its own.
void TableBuilder::count_layout(const TypeTable* type, const std::vector<Slot>& slots) {
  if (layouts_.size() == most_layouts) return;
  std::uint64_t layout = reinterpret_cast<std::uintptr_t>(type);
  for (const Slot& slot : slots) layout = layout * 0x100000001b3 + (slot.value != nullptr || slot.stub ? 2 : 1);
  if (std::ranges::find(layouts_, layout) == layouts_.end()) layouts_.push_back(layout);
  if (layouts_.size() == most_layouts) builder_.DedupVtables(false);
}

bool TableBuilder::write_inline(const FieldType& field, const Value& value, const Path& path, std::uint8_t* to) {
  if (field.is_struct()) return structure(field.ref, value, path, to);
  auto written = write_scalar(field, value, to);
  return written || fail(path, written.error().message);
}

bool TableBuilder::array(const FieldType& field, const Value& value, const Path& path, std::uint8_t* to) {
  if (!value.is_array()) return fail(path, expected("an array", value));
  if (value.size() != field.elements) {
    return fail(path, "expected " + std::to_string(field.elements) + " elements, not " + std::to_string(value.size()));
  }
  FieldType element = field.element();
  for (std::size_t i = 0; i < field.elements; ++i, to += element.size()) {
    if (!write_inline(element, value[i], path.element(i), to)) return false;
  }
  return true;
}

bool TableBuilder::structure(const TypeTable* type, const Value& value, const Path& path, std::uint8_t* to) {
  std::vector<Slot> fields;
  if (!slots(type, value, path, fields)) return false;
  for (const Slot& slot : fields) {
    Path place = path.member(slot.field.name);
    if (slot.value == nullptr) return fail(place, "missing");
    bool written = slot.field.repeating ? array(slot.field, *slot.value, place, to + slot.field.offset)
                                        : write_inline(slot.field, *slot.value, place, to + slot.field.offset);
    if (!written) return false;
  }
  return true;
}

}  // namespace mullion::detail
