#include <doctest/doctest.h>

#include "mullion/ipc/table.hpp"
#include "table_other_test_generated.h"
#include "table_test_generated.h"

using namespace mullion;

namespace {

inline constexpr Channel<shop::OpenFile, shop::Opened> open_file{"open-file"};
inline constexpr Channel<shop::Note> note{"note"};

template <class Request, class Reply>
std::string names(const Channel<Request, Reply>& channel) {
  return std::string(channel.name) + " " + std::string(schema_name<Request>());
}

}  // namespace

TEST_CASE("channel: a declaration carries its name and its types") {
  CHECK(names(open_file) == "open-file shop.OpenFile");
  CHECK(names(note) == "note shop.Note");
  CHECK(std::is_void_v<decltype(note)::Reply>);
}

TEST_CASE("table: an object travels as a verified table") {
  shop::OpenFileT object;
  object.path = "/tmp/x";
  auto bytes = encode(object);
  auto table = Table<shop::OpenFile>::from(bytes);
  REQUIRE(table);
  CHECK((*table)->path()->str() == "/tmp/x");
  CHECK(table->unpack().path == "/tmp/x");
  CHECK((**table).path()->size() == 6);
  CHECK(table->bytes().size() == bytes.size());
}

TEST_CASE("table: it keeps a copy of its own") {
  auto bytes = encode(shop::OpenedT{});
  auto table = Table<shop::Opened>::from(Bytes(bytes));
  std::ranges::fill(bytes, std::byte{0xff});
  REQUIRE(table);
  CHECK((*table)->bytes() == 0);
  auto moved = std::move(*table);
  CHECK(moved->bytes() == 0);
  auto released = std::move(moved).release();
  CHECK(Table<shop::Opened>::from(std::move(released)));
}

TEST_CASE("table: made from an object it is what from() would read") {
  shop::OpenedT object;
  object.name = "x";
  object.bytes = 7;
  Table<shop::Opened> table(object);
  CHECK(table->bytes() == 7);
  CHECK(encode_table<shop::Opened>(table) == encode_table<shop::Opened>(object));
}

TEST_CASE("table: bytes that are no table are refused by the schema's name") {
  auto refused = Table<shop::OpenFile>::from(std::vector<std::byte>(40, std::byte{0x11}));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == Kind::invalid);
  CHECK(refused.error().code == "schema");
  CHECK(refused.error().message == "shop.OpenFile: these bytes are not such a table");
  CHECK_FALSE(Table<shop::OpenFile>::from(Bytes()));
  CHECK_FALSE(Table<shop::OpenFile>::from(std::vector<std::byte>(4)));
}

TEST_CASE("table: a required member that is missing is refused") {
  auto refused = Table<shop::OpenFile>::from(encode(shop::NoteT{}));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message == "shop.OpenFile: a required member is missing");
}

TEST_CASE("table: bytes that do not start at a multiple of 8 are verified all the same") {
  auto bytes = encode(shop::OpenedT{});
  std::vector<std::byte> shifted(bytes.size() + 1);
  std::ranges::copy(bytes, shifted.begin() + 1);
  CHECK(verify_table<shop::Opened>(Bytes(shifted).subspan(1)));
}

TEST_CASE("schema: its hash tells names, types and nested types apart") {
  CHECK(schema_hash<shop::OpenFile>() != 0);
  CHECK(schema_hash<shop::OpenFile>() == schema_hash<shop::OpenFile>());
  CHECK(schema_hash<shop::OpenFile>() != schema_hash<shop::Opened>());
  CHECK(schema_hash<shop::OpenFile>() != schema_hash<other::OpenFile>());
  CHECK(schema_hash<shop::Opened>() != schema_hash<other::Opened>());
  CHECK(schema_hash<shop::Tree>() != schema_hash<shop::Holder>());
}

TEST_CASE("schema: its hash does not tell what the generated code does not: required members, the table's own name") {
  CHECK(schema_hash<other::Same>() == schema_hash<shop::OpenFile>());
}

TEST_CASE("schema: its hash is the same on every machine") {
  CHECK(schema_hash<shop::OpenFile>() == 0xce2214c1ee5daa4c);
  CHECK(schema_hash<shop::Tree>() == 0x5f2d5dbcf7b79cd8);
}

TEST_CASE("schema: two builds that disagree get an error that says so") {
  const TableCodec& mine = codec<shop::OpenFile>();
  CHECK(check_schema(mine, open_file.name, mine.hash));
  auto differs = check_schema(mine, open_file.name, schema_hash<other::OpenFile>());
  REQUIRE_FALSE(differs);
  CHECK(differs.error().kind == Kind::invalid);
  CHECK(differs.error().code == "schema-mismatch");
  CHECK(differs.error().message ==
        "open-file: the two processes were built with different schemas of shop.OpenFile");
}

TEST_CASE("codec: it does what the typed calls do, without the type") {
  const TableCodec& erased = codec<shop::OpenFile>();
  CHECK(erased.name == "shop.OpenFile");
  CHECK(erased.hash == schema_hash<shop::OpenFile>());
  auto bytes = erased.from_value({{"path", "/x"}});
  REQUIRE(bytes);
  CHECK(erased.verify(*bytes));
  CHECK(Table<shop::OpenFile>::from(*bytes).value()->path()->str() == "/x");
  CHECK(erased.to_value(*bytes).value() == Value{{"path", "/x"}});
  CHECK_FALSE(erased.verify(Bytes(*bytes).first(8)));
  CHECK_FALSE(erased.to_value(Bytes(*bytes).first(8)));
}
