// Tables: what travels over a typed channel, over the code that flatc 2.0.8 generates with
// --cpp --gen-object-api --reflect-names. Only who makes or handles typed calls includes this; it pulls in FlatBuffers.
//
//   Task<Result<OpenedT>> open(main::InvokeEvent, Table<OpenFile> request) {
//     co_return OpenedT{.name = request->path()->str()};            // generated accessors through ->
//   }
//   auto table = Table<OpenFile>::from(bytes);                      // copied, verified; or `invalid`, code "schema"
//   OpenFileT object = table->unpack();
//   std::vector<std::byte> bytes = encode(object);
//
// Between script and tables, checked against the schema at run time:
// - a table or struct is an object. From script a member that the schema does not know is an error that names it, as a
//   typo would be silent otherwise; one that is undefined or null counts as absent; a required one that is absent is an
//   error, "OpenFile.path: missing". Toward script every member is there: an absent string is "", an absent vector [],
//   an absent table, struct, union or optional scalar null, an absent scalar its default: what the object API gives;
// - int64 and uint64 are bigints toward script, and bigints or safe integers from it; other numbers are numbers,
//   checked for range ("OpenFile.mode: 300 is not a ubyte (0 to 255)"); bool is a boolean, never a number;
// - an enum is its name toward script (its number where it has none), its name or number from script;
// - [ubyte] and [byte] are bytes; other vectors and fixed arrays are arrays. From script a vector of numbers may also
//   be the typed array of its type, [ubyte] an array of numbers;
// - a union `u` is two members: u_type, the name of what u is, and u. A vector of unions is not supported:
//   `unimplemented`, code "schema", names it.
#pragma once

#include <flatbuffers/flatbuffers.h>

#include <array>
#include <concepts>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "mullion/ipc/channel.hpp"

namespace mullion {

// A table as flatc generates it: OpenFile.
template <class T>
concept TableType = requires {
  typename T::NativeTableType;
  { T::MiniReflectTypeTable() } -> std::convertible_to<const flatbuffers::TypeTable*>;
};
// Its object: OpenFileT.
template <class T>
concept TableObject = requires { typename T::TableType; } && TableType<typename T::TableType>;

namespace detail {

// How much one table may cost whoever reads it: its depth, and how many bytes it would take if nothing in it were
// shared, as a multiple of its size. FlatBuffers' own verifier bounds the number of tables, but not what they share: a
// message of 1 MiB can make it, and every reader after it, visit terabytes.
inline constexpr std::size_t table_depth = 64;
inline constexpr std::size_t table_expansion = 16;

Result<> check_structure(const flatbuffers::TypeTable* type, std::string_view name, Bytes table);
std::uint64_t hash_schema(const flatbuffers::TypeTable* type);
std::unexpected<Error> not_a_table(std::string_view name, std::string_view why);

using Complete = bool (*)(Bytes);  // whether the generated code accepts it, required members included
Result<std::vector<std::byte>> build_table(const flatbuffers::TypeTable* type, std::string_view name, Complete complete,
                                           const Value& value);
Result<Value> read_table(const flatbuffers::TypeTable* type, std::string_view name, Bytes table);

// "shop::OpenFile", as the compiler spells the type, and "shop.OpenFile", as its schema does.
template <class T>
constexpr std::string_view spelled() {
  std::string_view text = __PRETTY_FUNCTION__;
  text.remove_prefix(text.find("T = ") + 4);
  return text.substr(0, text.find_first_of(";]"));
}
template <class T>
struct Spelling {
  std::array<char, spelled<T>().size()> text{};
  std::size_t size = 0;
  constexpr Spelling() {
    for (char c : spelled<T>()) {
      bool second_colon = c == ':' && size > 0 && text[size - 1] == '.';
      if (!second_colon) text[size++] = c == ':' ? '.' : c;
    }
  }
  static const Spelling instance;
};
template <class T>
constexpr Spelling<T> Spelling<T>::instance{};

inline bool is_aligned(Bytes bytes) { return reinterpret_cast<std::uintptr_t>(bytes.data()) % 8 == 0; }

template <TableType T>
bool is_complete(Bytes table) {
  flatbuffers::Verifier::Options options;
  options.max_depth = table_depth;
  auto data = reinterpret_cast<const std::uint8_t*>(table.data());
  return flatbuffers::Verifier(data, table.size(), options).template VerifyBuffer<T>(nullptr);
}

}  // namespace detail

template <TableType T>
constexpr std::string_view schema_name() {
  return {detail::Spelling<T>::instance.text.data(), detail::Spelling<T>::instance.size};
}

// 64 bits over the names and types of the table's members, of every type it refers to, and of the enums' values; never
// 0. Defaults, `required` and the types' own names do not count: the generated code does not tell them.
template <TableType T>
std::uint64_t schema_hash() {
  static const std::uint64_t hash = detail::hash_schema(T::MiniReflectTypeTable());
  return hash;
}

// Whether these bytes are a T, within bounds that make every later read safe and cheap. They must be the caller's own:
// what another process can still write must be copied first.
template <TableType T>
Result<> verify_table(Bytes table) {
  if (!detail::is_aligned(table)) return verify_table<T>(std::vector<std::byte>(table.begin(), table.end()));
  auto sound = detail::check_structure(T::MiniReflectTypeTable(), schema_name<T>(), table);
  if (!sound) return sound;
  if (!detail::is_complete<T>(table)) return detail::not_a_table(schema_name<T>(), "a required member is missing");
  return {};
}

// An owned, verified table. Move-only; threads: one at a time.
template <class T>
class Table {
  static_assert(TableType<T>, "generate the schema's header with flatc --cpp --gen-object-api --reflect-names");

 public:
  using Object = typename T::NativeTableType;

  static Result<Table> from(Bytes bytes) { return from(std::vector<std::byte>(bytes.begin(), bytes.end())); }
  static Result<Table> from(std::vector<std::byte> bytes) {
    if (auto sound = verify_table<T>(bytes); !sound) return std::unexpected(sound.error());
    return Table(std::move(bytes));
  }
  explicit Table(const Object& object);

  Table(Table&&) noexcept = default;
  Table& operator=(Table&&) noexcept = default;

  const T* operator->() const { return flatbuffers::GetRoot<T>(bytes_.data()); }
  const T& operator*() const { return *operator->(); }
  Object unpack() const {
    Object object;
    operator->()->UnPackTo(&object);
    return object;
  }
  Bytes bytes() const { return bytes_; }
  std::vector<std::byte> release() && { return std::move(bytes_); }

 private:
  explicit Table(std::vector<std::byte> bytes) : bytes_(std::move(bytes)) {}

  std::vector<std::byte> bytes_;
};

namespace detail {

template <TableObject O>
std::vector<std::byte> pack(const O& object, bool with_defaults) {
  flatbuffers::FlatBufferBuilder builder;
  builder.ForceDefaults(with_defaults);
  builder.Finish(O::TableType::Pack(builder, &object));
  auto written = std::as_bytes(std::span(builder.GetBufferPointer(), builder.GetSize()));
  return {written.begin(), written.end()};
}

}  // namespace detail

// A table from its object. A required member that is null (a table or struct) is a mistake in the program: FlatBuffers
// asserts, and without assertions the receiver refuses the table.
template <TableObject O>
std::vector<std::byte> encode(const O& object) {
  return detail::pack(object, false);
}

template <class T>
Table<T>::Table(const Object& object) : bytes_(encode(object)) {}

// A body of channel type T, from its object or from a table that was built before.
template <class T, class Body>
std::vector<std::byte> encode_table(const Body& body) {
  if constexpr (std::same_as<Body, Table<T>>) {
    return {body.bytes().begin(), body.bytes().end()};
  } else {
    static_assert(std::same_as<Body, typename T::NativeTableType>, "a typed channel carries its own type's objects");
    return encode(body);
  }
}

// The same for schemas that are known only at run time. Members that are required cannot be told here, and an absent
// scalar reads as null, as its default is not known; codec<T>() knows both.
Result<std::vector<std::byte>> table_from_value(const flatbuffers::TypeTable* type, const Value& value);
Result<Value> value_from_table(const flatbuffers::TypeTable* type, Bytes table);

// The type-erased T, for the process layer and others who keep handlers of many types.
template <class T>
const TableCodec& codec() {
  static_assert(TableType<T>, "generate the schema's header with flatc --cpp --gen-object-api --reflect-names");
  static const TableCodec codec{
      .name = schema_name<T>(),
      .hash = schema_hash<T>(),
      .from_value =
          [](const Value& value) {
            return detail::build_table(T::MiniReflectTypeTable(), schema_name<T>(), detail::is_complete<T>, value);
          },
      .to_value = [](Bytes bytes) -> Result<Value> {
        auto table = Table<T>::from(bytes);
        if (!table) return std::unexpected(table.error());
        return detail::read_table(T::MiniReflectTypeTable(), schema_name<T>(), detail::pack(table->unpack(), true));
      },
      .verify = [](Bytes bytes) { return verify_table<T>(bytes); },
  };
  return codec;
}

template <class T>
struct TableOps {
  using Owned = Table<T>;
  using Object = typename T::NativeTableType;
  static const TableCodec& codec() { return mullion::codec<T>(); }
  static Result<Owned> from(std::vector<std::byte> bytes) { return Owned::from(std::move(bytes)); }
  static std::vector<std::byte> bytes(const Object& object) { return encode(object); }
  static std::vector<std::byte> bytes(Owned table) { return std::move(table).release(); }
};

}  // namespace mullion
