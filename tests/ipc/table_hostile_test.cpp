#include <doctest/doctest.h>

#include <random>

#include "mullion/ipc/table.hpp"
#include "table_test_generated.h"

using namespace mullion;

void table_fuzz(Bytes input);  // tests/fuzz/table_fuzz.cpp

namespace {

using flatbuffers::FlatBufferBuilder;
using flatbuffers::Offset;

std::vector<std::byte> finished(FlatBufferBuilder& builder, Offset<void> root) {
  builder.Finish(root);
  auto bytes = std::as_bytes(std::span(builder.GetBufferPointer(), builder.GetSize()));
  return {bytes.begin(), bytes.end()};
}

std::vector<std::byte> sample() {
  shop::TreeT tree;
  tree.label = "root";
  tree.frame = std::make_unique<shop::Frame>();
  tree.first = std::make_unique<shop::TreeT>();
  tree.first->label = "first";
  for (int i = 0; i < 3; ++i) tree.rest.push_back(std::make_unique<shop::TreeT>());
  return encode(tree);
}

}  // namespace

TEST_CASE("table: what is shared cannot make a small table cost much") {
  FlatBufferBuilder builder;
  auto word = builder.CreateString(std::string(1000, 'x'));
  auto words = builder.CreateVector(std::vector<Offset<flatbuffers::String>>(1000, word));
  shop::VectorsBuilder vectors(builder);
  vectors.add_words(words);
  auto bytes = finished(builder, vectors.Finish().Union());
  CHECK(bytes.size() < 10'000);
  CHECK(detail::is_complete<shop::Vectors>(bytes));
  auto refused = Table<shop::Vectors>::from(bytes);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message == "shop.Vectors: these bytes are not such a table");
}

TEST_CASE("table: tables that share a vector of tables are not visited for ever") {
  FlatBufferBuilder builder;
  shop::TreeBuilder leaf(builder);
  Offset<shop::Tree> tree = leaf.Finish();
  for (int level = 0; level < 20; ++level) {
    auto rest = builder.CreateVector(std::vector<Offset<shop::Tree>>(50, tree));
    shop::TreeBuilder inner(builder);
    inner.add_rest(rest);
    tree = inner.Finish();
  }
  CHECK_FALSE(Table<shop::Tree>::from(finished(builder, tree.Union())));
}

TEST_CASE("table: a union that says what it is and is not there is refused, as generated code would follow it") {
  FlatBufferBuilder builder;
  shop::HolderBuilder holder(builder);
  holder.add_thing_type(shop::Thing_Note);
  auto bytes = finished(builder, holder.Finish().Union());
  CHECK(detail::is_complete<shop::Holder>(bytes));
  CHECK_FALSE(Table<shop::Holder>::from(bytes));
}

TEST_CASE("table: a union of a later version is read as nothing") {
  FlatBufferBuilder builder;
  auto note = shop::CreateNote(builder);
  shop::HolderBuilder holder(builder);
  holder.add_thing_type(static_cast<shop::Thing>(77));
  holder.add_thing(note.Union());
  auto value = codec<shop::Holder>().to_value(finished(builder, holder.Finish().Union()));
  REQUIRE(value);
  CHECK(*value == Value{{"thing_type", 77}, {"thing", nullptr}});
}

TEST_CASE("table: an element of a vector of unions that is nothing known is refused, as generated code would assert") {
  for (auto type : {shop::Thing_NONE, static_cast<shop::Thing>(77)}) {
    FlatBufferBuilder builder;
    auto note = shop::CreateNote(builder);
    auto types = builder.CreateVector(std::vector<std::uint8_t>{type});
    auto values = builder.CreateVector(std::vector<Offset<void>>{note.Union()});
    shop::ThingsBuilder things(builder);
    things.add_things_type(types);
    things.add_things(values);
    auto bytes = finished(builder, things.Finish().Union());
    CHECK(detail::is_complete<shop::Things>(bytes));
    CHECK_FALSE(Table<shop::Things>::from(bytes));
  }
}

TEST_CASE("table: a string that a table uses twice is no attack") {
  FlatBufferBuilder builder;
  auto word = builder.CreateString("word");
  auto words = builder.CreateVector(std::vector<Offset<flatbuffers::String>>(100, word));
  shop::VectorsBuilder vectors(builder);
  vectors.add_words(words);
  auto table = Table<shop::Vectors>::from(finished(builder, vectors.Finish().Union()));
  REQUIRE(table);
  CHECK(table->unpack().words.size() == 100);
}

TEST_CASE("table: it may nest 64 deep and no deeper") {
  auto nested = [](int depth) {
    Value tree = Value::object();
    for (int i = 1; i < depth; ++i) tree = Value{{"first", tree}};
    return tree;
  };
  auto bytes = codec<shop::Tree>().from_value(nested(64));
  REQUIRE(bytes);
  CHECK(codec<shop::Tree>().to_value(*bytes));
  auto refused = codec<shop::Tree>().from_value(nested(65));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message.ends_with(".first: tables nest too deep"));
}

TEST_CASE("table: a value that shares its parts cannot become a table of any size") {
  Value tree{{"label", std::string(1000, 'x')}};
  for (int i = 0; i < 30; ++i) tree = Value{{"rest", Value::array({tree, tree})}};
  auto refused = codec<shop::Tree>().from_value(tree);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message == "shop.Tree: larger than a table may be");
}

TEST_CASE("table: very many layouts are written in bounded time") {
  std::vector<Value> rows;
  for (unsigned i = 0; i < 20'000; ++i) {
    static constexpr const char* names[] = {"flag", "i8",  "u8",  "i16",   "u16",    "i32",    "u32", "i64",
                                            "u64",  "f64", "big", "maybe", "colour", "rights", "f32"};
    std::vector<Value::Member> members;
    for (unsigned bit = 0; bit < std::size(names); ++bit) {
      if ((i >> bit & 1) != 0) members.push_back({names[bit], bit == 0 ? Value(true) : Value(1)});
    }
    rows.push_back(Value::object(std::move(members)));
  }
  auto bytes = codec<shop::Rows>().from_value({{"rows", Value::array(std::move(rows))}});
  REQUIRE(bytes);
  CHECK(Table<shop::Rows>::from(*bytes).value()->rows()->size() == 20'000);
}

TEST_CASE("table: a missing member in a large value is told without trying") {
  Value big{{"strict", Value::array({Value::object()})}, {"named", {{"name", std::string(100'000, 'x')}}}};
  auto refused = codec<shop::Nested>().from_value(big);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message.starts_with("shop.Nested: a required member is missing, one of shop.Nested.strict[0].name"));
}

TEST_CASE("table: the fuzz target holds over a sample that is whole, cut and damaged") {
  auto bytes = sample();
  table_fuzz(bytes);
  std::mt19937 random(11);
  for (int i = 0; i < 20'000; ++i) {
    auto damaged = bytes;
    for (int changes = 1 + static_cast<int>(random() % 3); changes > 0; --changes) {
      damaged[random() % damaged.size()] = static_cast<std::byte>(random() % 4 == 0 ? random() : random() % 64);
    }
    table_fuzz(damaged);
  }
  for (std::size_t length = 0; length < bytes.size(); ++length) table_fuzz(Bytes(bytes).first(length));
}
