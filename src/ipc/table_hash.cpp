#include <vector>

#include "ipc/table_schema.hpp"
#include "mullion/ipc/table.hpp"

namespace mullion {
namespace detail {
namespace {

// FNV-1a over a type and, in the order in which they are met, all types that it refers to.
class SchemaHash {
 public:
  std::uint64_t of(const TypeTable* root) {
    visit(root);
    for (std::size_t i = 0; i < met_.size(); ++i) type(met_[i]);
    return hash_ == 0 ? 1 : hash_;
  }

 private:
  void byte(std::uint8_t byte) { hash_ = (hash_ ^ byte) * 0x100000001b3; }
  void number(std::uint64_t number) {
    for (int shift = 0; shift < 64; shift += 8) byte(static_cast<std::uint8_t>(number >> shift));
  }
  void text(std::string_view text) {
    number(text.size());
    for (char c : text) byte(static_cast<std::uint8_t>(c));
  }
  std::size_t visit(const TypeTable* type) {
    auto found = std::ranges::find(met_, type);
    if (found == met_.end()) found = met_.insert(found, type);
    return static_cast<std::size_t>(found - met_.begin());
  }
  void type(const TypeTable* type) {
    byte(static_cast<std::uint8_t>(type->st));
    number(type->num_elems);
    for (std::size_t i = 0; i < type->num_elems; ++i) member(type, i);
  }
  void member(const TypeTable* type, std::size_t index) {
    FieldType field = field_of(type, index);
    text(field.name);
    byte(static_cast<std::uint8_t>(field.type));
    byte(field.repeating ? 1 : 0);
    number(field.offset);
    number(field.elements);
    if (type->st == flatbuffers::ST_ENUM) return number(static_cast<std::uint64_t>(enum_value(type, index)));
    if (field.ref != nullptr) number(1 + visit(field.ref));
  }

  std::vector<const TypeTable*> met_;
  std::uint64_t hash_ = 0xcbf29ce484222325;
};

}  // namespace

std::uint64_t hash_schema(const TypeTable* type) { return SchemaHash().of(type); }

}  // namespace detail

Result<> check_schema(const TableCodec& codec, std::string_view channel, std::uint64_t hash) {
  if (codec.hash == hash) return {};
  std::string message(channel);
  message.append(": the two processes were built with different schemas of ").append(codec.name);
  return std::unexpected(Error{.kind = Kind::invalid, .code = "schema-mismatch", .message = std::move(message)});
}

}  // namespace mullion
