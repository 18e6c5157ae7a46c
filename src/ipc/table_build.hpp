// From a Value to a table, by mini-reflection, checked member by member.
#pragma once

#include <flatbuffers/flatbuffers.h>

#include <string>
#include <vector>

#include "ipc/table_schema.hpp"
#include "mullion/ipc/value.hpp"

namespace mullion::detail {

// Where a value stands: "OpenFile.ranges[2].first".
struct Path {
  const Path* parent = nullptr;
  std::string_view name{};
  std::size_t index = 0;  // where name is empty

  Path member(std::string_view field) const { return {this, field}; }
  Path element(std::size_t i) const { return {this, {}, i}; }
  std::string text() const;
};

// A member that a value does not have, and that a table may be required to have.
struct Absent {
  const TypeTable* type;
  std::size_t index;
  bool is_table;  // else a string, vector or struct
  std::string path;
};

class TableBuilder {
 public:
  // Fills what is absent and listed in `stubs` with something empty.
  explicit TableBuilder(std::vector<Absent> stubs = {}) : stubs_(std::move(stubs)) {}

  // Empty after a failure, which error() tells.
  std::vector<std::byte> build(const TypeTable* type, std::string_view name, const Value& value);
  Error& error() { return error_; }
  const std::vector<Absent>& absent() const { return absent_; }

 private:
  using Offset = flatbuffers::Offset<void>;
  struct Slot {
    FieldType field;
    const Value* value = nullptr;  // null where absent
    Offset offset{};               // of what was written before its table
    bool stub = false;
  };

  bool fail(const Path& path, std::string_view what, Kind kind = Kind::invalid);
  bool table(const TypeTable* type, const Value& value, const Path& path, Offset& out);
  bool slots(const TypeTable* type, const Value& value, const Path& path, std::vector<Slot>& slots);
  bool stub(const TypeTable* type, std::size_t index, const FieldType& field, const Path& path);
  bool pointed(const FieldType& field, const Value& value, const Path& path, Offset& out);
  bool union_member(const std::vector<Slot>& slots, std::size_t index, const Path& path, Offset& out);
  bool string(const Value& value, const Path& path, Offset& out);
  bool vector(const FieldType& field, const Value& value, const Path& path, Offset& out);
  bool offsets(const FieldType& element, const Value& value, const Path& path, Offset& out);
  bool inline_elements(const FieldType& element, const Value& value, const Path& path, Offset& out);
  Offset raw_vector(const FieldType& element, Bytes content);
  bool child(const std::vector<Slot>& slots, std::size_t index, const Path& path, Offset& out);
  bool alternative(const Slot& tag, const TypeTable* type, const Path& path, FieldType& out);
  bool lacks_member(const std::vector<Slot>& slots, std::size_t index) const;
  bool write_slot(const Slot& slot, std::size_t index, const Path& path);
  bool write_slots(const std::vector<Slot>& slots, const Path& path);
  bool write_inline(const FieldType& field, const Value& value, const Path& path, std::uint8_t* to);
  bool structure(const TypeTable* type, const Value& value, const Path& path, std::uint8_t* to);
  bool array(const FieldType& field, const Value& value, const Path& path, std::uint8_t* to);
  bool scalar(const FieldType& field, const Value& value, const Path& path, std::uint8_t* to);
  bool room(const Path& path);
  void count_layout(const TypeTable* type, const std::vector<Slot>& slots);

  flatbuffers::FlatBufferBuilder builder_;
  std::vector<Absent> stubs_;
  std::vector<Absent> absent_;
  std::vector<std::uint64_t> layouts_;
  std::size_t depth_ = 0;
  bool stubbing_ = false;
  Error error_{};
};

// Writes a scalar, or says what was expected: "300 is not a ubyte (0 to 255)".
Result<> write_scalar(const FieldType& field, const Value& value, std::uint8_t* to);

}  // namespace mullion::detail
