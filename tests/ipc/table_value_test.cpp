#include <doctest/doctest.h>

#include <limits>

#include "mullion/ipc/table.hpp"
#include "table_test_generated.h"

using namespace mullion;

namespace {

template <class T>
typename T::NativeTableType object_of(const Value& value) {
  auto bytes = codec<T>().from_value(value);
  REQUIRE_MESSAGE(bytes, (bytes ? "" : bytes.error().message));
  return Table<T>::from(*std::move(bytes)).value().unpack();
}

template <class T>
std::string why(const Value& value) {
  auto bytes = codec<T>().from_value(value);
  return bytes ? "built" : bytes.error().message;
}

// Through a table and back.
template <class T>
Value there_and_back(const Value& value) {
  auto bytes = codec<T>().from_value(value);
  REQUIRE_MESSAGE(bytes, (bytes ? "" : bytes.error().message));
  return codec<T>().to_value(*bytes).value();
}

Value frame(int colour = 4) {
  return {{"origin", {{"x", 1.5}, {"y", -2}}}, {"sizes", Value::array({1, 2, 3})}, {"colour", colour}, {"at", 9}};
}

}  // namespace

TEST_CASE("table from value: every scalar lands in its member") {
  auto numbers = object_of<shop::Numbers>({{"flag", true}, {"i8", -128}, {"u8", 255}, {"i16", -32768}, {"u16", 65535},
                                           {"i32", -1}, {"u32", 4294967295}, {"i64", -7}, {"u64", Value::bigint(7)},
                                           {"f32", 1.5}, {"f64", 2.25}, {"maybe", 0}, {"perhaps", false},
                                           {"colour", "green"}, {"rights", 3}, {"big", "large"}});
  CHECK(numbers.flag);
  CHECK(numbers.i8 == -128);
  CHECK(numbers.u8 == 255);
  CHECK(numbers.i16 == -32768);
  CHECK(numbers.u16 == 65535);
  CHECK(numbers.i32 == -1);
  CHECK(numbers.u32 == 4294967295);
  CHECK(numbers.i64 == -7);
  CHECK(numbers.u64 == 7);
  CHECK(numbers.f32 == 1.5F);
  CHECK(numbers.f64 == 2.25);
  CHECK(numbers.maybe == 0);
  CHECK(numbers.perhaps == false);
  CHECK(numbers.colour == shop::Colour_green);
  CHECK(numbers.rights == 3);
  CHECK(numbers.big == shop::Big_large);
}

TEST_CASE("table from value: what is absent, undefined or null takes its default") {
  auto numbers = object_of<shop::Numbers>({{"i64", nullptr}, {"f64", Value()}});
  CHECK(numbers.i64 == -5);
  CHECK(numbers.f64 == 0.5);
  CHECK(numbers.colour == shop::Colour_red);
  CHECK_FALSE(numbers.maybe.has_value());
}

TEST_CASE("table from value: 64 bits come as bigints or safe integers") {
  constexpr auto most = std::numeric_limits<std::uint64_t>::max();
  constexpr auto least = std::numeric_limits<std::int64_t>::min();
  CHECK(object_of<shop::Numbers>({{"u64", most}}).u64 == most);
  CHECK(object_of<shop::Numbers>({{"i64", least}}).i64 == least);
  CHECK(object_of<shop::Numbers>({{"u64", 9007199254740991}}).u64 == 9007199254740991);
  CHECK(object_of<shop::Numbers>({{"i32", Value::bigint(5)}}).i32 == 5);
  CHECK(why<shop::Numbers>({{"u64", -1}}) == "shop.Numbers.u64: -1 is not a ulong (0 to 18446744073709551615)");
}

TEST_CASE("table from value: numbers out of range are refused by name and range") {
  CHECK(why<shop::Numbers>({{"u8", 300}}) == "shop.Numbers.u8: 300 is not a ubyte (0 to 255)");
  CHECK(why<shop::Numbers>({{"i8", -129}}) == "shop.Numbers.i8: -129 is not a byte (-128 to 127)");
  CHECK(why<shop::Numbers>({{"u16", -1}}) == "shop.Numbers.u16: -1 is not a ushort (0 to 65535)");
  CHECK(why<shop::Numbers>({{"i32", 2147483648}}) ==
        "shop.Numbers.i32: 2147483648 is not a int (-2147483648 to 2147483647)");
  CHECK(why<shop::Numbers>({{"i32", 1.5}}) == "shop.Numbers.i32: expected an integer, found 1.5");
  CHECK(why<shop::Numbers>({{"f32", 1e39}}) == "shop.Numbers.f32: 1e+39 is not a float (up to 3.4e+38)");
  CHECK(object_of<shop::Numbers>({{"f32", std::numeric_limits<double>::infinity()}}).f32 > 1e38);
}

TEST_CASE("table from value: a value of another type is refused by name") {
  CHECK(why<shop::Numbers>({{"flag", 1}}) == "shop.Numbers.flag: expected a boolean, found a number");
  CHECK(why<shop::Numbers>({{"i32", "5"}}) == "shop.Numbers.i32: expected an integer, found a string");
  CHECK(why<shop::Numbers>({{"f64", Value::bigint(1)}}) == "shop.Numbers.f64: expected a number, found a bigint");
  CHECK(why<shop::OpenFile>({{"path", 5}}) == "shop.OpenFile.path: expected a string, found a number");
  CHECK(why<shop::OpenFile>("x") == "shop.OpenFile: expected an object, found a string");
  CHECK(why<shop::OpenFile>(Value()) == "shop.OpenFile: expected an object, found undefined");
  CHECK(why<shop::Tree>({{"first", Value::array()}}) == "shop.Tree.first: expected an object, found an array");
  CHECK(why<shop::Vectors>({{"words", "x"}}) == "shop.Vectors.words: expected an array, found a string");
  CHECK(why<shop::Vectors>({{"words", Value::array({"x", 1})}}) ==
        "shop.Vectors.words[1]: expected a string, found a number");
}

TEST_CASE("table from value: enums are names or numbers") {
  CHECK(object_of<shop::Numbers>({{"colour", 4}}).colour == shop::Colour_green);
  CHECK(object_of<shop::Numbers>({{"colour", 77}}).colour == 77);
  CHECK(object_of<shop::Numbers>({{"rights", "write"}}).rights == shop::Rights_write);
  CHECK(why<shop::Numbers>({{"colour", "pink"}}) == "shop.Numbers.colour: 'pink' is none of none, red, green, blue");
  CHECK(why<shop::Numbers>({{"colour", 300}}) == "shop.Numbers.colour: 300 is not a ubyte (0 to 255)");
}

TEST_CASE("table from value: a member that the schema does not know is refused, as it may be a typo") {
  CHECK(why<shop::OpenFile>({{"path", "x"}, {"pth", 1}}) == "shop.OpenFile.pth: no such member in the schema");
  CHECK(why<shop::Tree>({{"first", {{"lable", "x"}}}}) == "shop.Tree.first.lable: no such member in the schema");
  CHECK(why<shop::OpenFile>({{"path", "x"}, {"later", Value()}}) == "built");
}

TEST_CASE("table from value: a required member that is missing is named with its path") {
  CHECK(why<shop::OpenFile>(Value::object()) == "shop.OpenFile.path: missing");
  CHECK(why<shop::OpenFile>({{"path", nullptr}}) == "shop.OpenFile.path: missing");
  CHECK(why<shop::Vectors>({{"named", Value::array({{{"name", "x"}}, {{"note", Value::object()}}})}}) ==
        "shop.Vectors.named[1].name: missing");
  CHECK(why<shop::Nested>({{"named", Value::object()}}) == "shop.Nested.named.name: missing");
}

TEST_CASE("table from value: of several required members the first that is missing is named") {
  Value note = Value::object(), words = Value::array();
  CHECK(why<shop::Strict>({{"name", "x"}, {"note", note}, {"words", words}, {"frame", frame()}}) == "built");
  CHECK(why<shop::Strict>({{"note", note}, {"words", words}, {"frame", frame()}}) == "shop.Strict.name: missing");
  CHECK(why<shop::Strict>({{"name", "x"}, {"words", words}, {"frame", frame()}}) == "shop.Strict.note: missing");
  CHECK(why<shop::Strict>({{"name", "x"}, {"note", note}, {"frame", frame()}}) == "shop.Strict.words: missing");
  CHECK(why<shop::Strict>({{"name", "x"}, {"note", note}, {"words", words}}) == "shop.Strict.frame: missing");
  CHECK(why<shop::Strict>({{"note", note}}) == "shop.Strict.name: missing");
  CHECK(why<shop::Strict>(Value::object()) == "shop.Strict.note: missing");
  Value strict{{"name", "x"}, {"note", note}, {"words", words}, {"frame", frame()}};
  CHECK(why<shop::Nested>({{"strict", Value::array({strict, {{"name", "y"}, {"note", note}, {"words", words}}})}}) ==
        "shop.Nested.strict[1].frame: missing");
}

TEST_CASE("table from value: structs need all their members") {
  CHECK(object_of<shop::Tree>({{"frame", frame()}}).frame->origin().x() == 1.5F);
  CHECK(object_of<shop::Tree>({{"frame", frame()}}).frame->sizes()->Get(2) == 3);
  CHECK(object_of<shop::Tree>({{"frame", frame()}}).frame->colour() == shop::Colour_green);
  CHECK(object_of<shop::Tree>({{"frame", frame()}}).frame->at() == 9);
  CHECK(why<shop::Vectors>({{"points", Value::array({{{"x", 1}}})}}) == "shop.Vectors.points[0].y: missing");
  CHECK(why<shop::Tree>({{"frame", {{"origin", {{"x", 1}, {"y", 1}}}, {"sizes", Value::array({1})}, {"colour", 0}, {"at", 0}}}}) ==
        "shop.Tree.frame.sizes: expected 3 elements, not 1");
  CHECK(why<shop::Tree>({{"frame", frame(300)}}) == "shop.Tree.frame.colour: 300 is not a ubyte (0 to 255)");
  CHECK(why<shop::Vectors>({{"points", Value::array({{{"x", 1}, {"y", 2}, {"z", 3}}})}}) ==
        "shop.Vectors.points[0].z: no such member in the schema");
}

TEST_CASE("table from value: vectors of everything") {
  auto vectors = object_of<shop::Vectors>(
      {{"flags", Value::array({true, false})}, {"raw", Value::array({1, 255})}, {"shorts", Value::array({-1})},
       {"longs", Value::array({1, Value::bigint(2)})}, {"doubles", Value::array({0.5})},
       {"colours", Value::array({"blue", 1})}, {"words", Value::array({"a", ""})},
       {"points", Value::array({{{"x", 1}, {"y", 2}}, {{"x", 3}, {"y", 4}}})}, {"frames", Value::array({frame(), frame()})},
       {"notes", Value::array({{{"text", "n"}}, Value::object()})}});
  CHECK(vectors.flags == std::vector<bool>{true, false});
  CHECK(vectors.raw == std::vector<std::uint8_t>{1, 255});
  CHECK(vectors.shorts == std::vector<std::int16_t>{-1});
  CHECK(vectors.longs == std::vector<std::uint64_t>{1, 2});
  CHECK(vectors.doubles == std::vector<double>{0.5});
  CHECK(vectors.colours == std::vector<shop::Colour>{shop::Colour_blue, shop::Colour_red});
  CHECK(vectors.words == std::vector<std::string>{"a", ""});
  CHECK(vectors.points[1].y() == 4);
  CHECK(vectors.frames[1].at() == 9);
  CHECK(vectors.notes[0]->text == "n");
  CHECK(vectors.notes[1]->stars == 3);
  CHECK(why<shop::Vectors>({{"raw", Value::array({256})}}) == "shop.Vectors.raw[0]: 256 is not a ubyte (0 to 255)");
}

TEST_CASE("table from value: typed arrays are vectors of their own type") {
  double numbers[] = {1.5, 2.5};
  auto raw = std::as_bytes(std::span(numbers));
  Value buffer = Value::array_buffer({raw.begin(), raw.end()});
  Value doubles = Value::view(Value::View::float64, buffer, 0, 2).value();
  CHECK(object_of<shop::Vectors>({{"doubles", doubles}}).doubles == std::vector<double>{1.5, 2.5});
  CHECK(object_of<shop::Vectors>({{"raw", doubles}}).raw.size() == 16);
  CHECK(object_of<shop::Vectors>({{"signed", buffer}}).signed_.size() == 16);
  CHECK(why<shop::Vectors>({{"longs", doubles}}) == "shop.Vectors.longs: expected an array, found bytes");
  CHECK(why<shop::Vectors>({{"flags", buffer}}) == "shop.Vectors.flags: expected an array, found bytes");
  CHECK(why<shop::Vectors>({{"colours", buffer}}) == "shop.Vectors.colours: expected an array, found bytes");
}

TEST_CASE("table from value: text that is not UTF-8 is repaired") {
  CHECK(object_of<shop::OpenFile>({{"path", "a\xff"}}).path == "a\xEF\xBF\xBD");
}

TEST_CASE("value from table: every member of the schema is there") {
  CHECK(codec<shop::Opened>().to_value(encode(shop::OpenedT{})).value().inspect() == "{ name: '', bytes: 0n }");
  CHECK(codec<shop::Note>().to_value(encode(shop::NoteT{})).value().inspect() == "{ text: '', stars: 3 }");
  CHECK(codec<shop::Tree>().to_value(encode(shop::TreeT{})).value().inspect() ==
        "{ label: '', frame: null, first: null, rest: [] }");
  CHECK(codec<shop::Holder>().to_value(encode(shop::HolderT{})).value().inspect() ==
        "{ thing_type: 'NONE', thing: null }");
  CHECK(codec<shop::Numbers>().to_value(encode(shop::NumbersT{})).value().inspect() ==
        "{ flag: false, i8: 0, u8: 0, i16: 0, u16: 0, i32: 0, u32: 0, i64: -5n, u64: 0n, f32: 0, f64: 0.5, maybe: null, "
        "perhaps: null, colour: 'red', rights: 0, big: 'none' }");
  Value empty = codec<shop::Vectors>().to_value(encode(shop::VectorsT{})).value();
  CHECK(empty["raw"].is_bytes());
  CHECK(empty["signed"].view() == Value::View::int8);
  CHECK(empty["words"] == Value::array());
}

TEST_CASE("value from table: what went in as a value comes out as an equal one") {
  Value numbers{{"flag", true},  {"i8", -1},          {"u8", 1},       {"i16", -2},
                {"u16", 2},      {"i32", -3},         {"u32", 3},      {"i64", Value::bigint(-4)},
                {"u64", Value::bigint(4)}, {"f32", 0.5}, {"f64", 0.1}, {"maybe", 0},
                {"perhaps", true}, {"colour", "blue"}, {"rights", "read"}, {"big", "large"}};
  CHECK(there_and_back<shop::Numbers>(numbers) == numbers);
  Value leaf{{"label", "leaf"}, {"frame", nullptr}, {"first", nullptr}, {"rest", Value::array()}};
  Value tree{{"label", "root"},
             {"frame", {{"origin", {{"x", 1.5}, {"y", -2}}}, {"sizes", Value::array({1, 2, 3})}, {"colour", "green"},
                        {"at", Value::bigint(9)}}},
             {"first", leaf},
             {"rest", Value::array({leaf, leaf})}};
  CHECK(there_and_back<shop::Tree>(tree) == tree);
}

TEST_CASE("value from table: bytes are bytes, other vectors arrays") {
  std::vector<std::byte> raw{std::byte{1}, std::byte{255}};
  Value back = there_and_back<shop::Vectors>({{"raw", raw}, {"signed", raw}, {"colours", Value::array({"red", 9})},
                                              {"flags", Value::array({true})}, {"longs", Value::array({1})}});
  CHECK(back["raw"] == Value(raw));
  CHECK(back["signed"].view() == Value::View::int8);
  CHECK(back["signed"].size() == 2);
  CHECK(back["colours"] == Value::array({"red", 9}));
  CHECK(back["flags"] == Value::array({true}));
  CHECK(back["longs"] == Value::array({Value::bigint(1)}));
}

TEST_CASE("value from table: without its type's own code a scalar that is absent is null") {
  auto type = shop::Note::MiniReflectTypeTable();
  CHECK(value_from_table(type, encode(shop::NoteT{})).value() == Value{{"text", ""}, {"stars", nullptr}});
  auto bytes = table_from_value(type, {{"text", "x"}, {"stars", 5}});
  REQUIRE(bytes);
  CHECK(value_from_table(type, *bytes).value() == Value{{"text", "x"}, {"stars", 5}});
  CHECK(table_from_value(type, 5).error().message == "table: expected an object, found a number");
  CHECK_FALSE(value_from_table(type, Bytes(*bytes).first(6)));
}

TEST_CASE("table: names that are keywords in C++ are the schema's own in script") {
  Value words{{"class", 1}, {"delete", "private"}, {"own_", true}};
  CHECK(there_and_back<shop::Words>(words) == words);
  CHECK(object_of<shop::Words>(words).class_ == 1);
  CHECK(there_and_back<shop::Words>({{"delete", "open_"}})["delete"] == "open_");
  CHECK(there_and_back<shop::Words>(Value::object())["delete"] == "default");
  CHECK(why<shop::Words>({{"delete", "default_"}}) == "shop.Words.delete: 'default_' is none of default, private, open_");
}

TEST_CASE("unions: they are two members, what it is and the thing") {
  Value label{{"thing_type", "label"}, {"thing", {{"name", "x"}, {"note", nullptr}}}};
  CHECK(there_and_back<shop::Holder>(label) == label);
  Value note{{"thing", {{"text", "n"}, {"stars", 1}}}, {"thing_type", 1}};
  CHECK(there_and_back<shop::Holder>(note)["thing_type"] == "Note");
  CHECK(there_and_back<shop::Holder>(note)["thing"] == note["thing"]);
  Value word{{"thing_type", "word"}, {"thing", "hello"}};
  CHECK(there_and_back<shop::Holder>(word) == word);
  Value point{{"thing_type", "Point"}, {"thing", {{"x", 1}, {"y", 2}}}};
  CHECK(there_and_back<shop::Holder>(point) == point);
  CHECK(object_of<shop::Holder>(point).thing.AsPoint()->y() == 2);
  Value none{{"thing_type", "NONE"}, {"thing", nullptr}};
  CHECK(there_and_back<shop::Holder>(none) == none);
}

TEST_CASE("unions: halves and strangers are refused by name") {
  CHECK(why<shop::Holder>({{"thing", "x"}}) == "shop.Holder.thing_type: missing");
  CHECK(why<shop::Holder>({{"thing_type", "word"}}) == "shop.Holder.thing: missing");
  CHECK(why<shop::Holder>({{"thing_type", "song"}, {"thing", "x"}}) ==
        "shop.Holder.thing_type: 'song' is none of NONE, Note, label, Point, word");
  CHECK(why<shop::Holder>({{"thing_type", 99}, {"thing", "x"}}) ==
        "shop.Holder.thing_type: names no alternative of the union");
  CHECK(why<shop::Holder>({{"thing_type", "NONE"}, {"thing", "x"}}) ==
        "shop.Holder.thing_type: names no alternative of the union");
  CHECK(why<shop::Holder>({{"thing_type", "word"}, {"thing", 5}}) ==
        "shop.Holder.thing: expected a string, found a number");
  CHECK(why<shop::Holder>({{"thing_type", "label"}, {"thing", Value::object()}}) ==
        "shop.Holder.thing.name: missing");
}

TEST_CASE("unions: a vector of them is refused as not supported") {
  auto refused = codec<shop::Things>().from_value({{"things_type", Value::array({"word"})}, {"things", Value::array({"x"})}});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == Kind::unimplemented);
  CHECK(refused.error().message == "shop.Things.things_type: vectors of unions are not supported");
  shop::ThingsT things;
  things.things.emplace_back().Set(std::string("x"));
  auto unread = codec<shop::Things>().to_value(encode(things));
  REQUIRE_FALSE(unread);
  CHECK(unread.error().kind == Kind::unimplemented);
  CHECK(unread.error().message == "shop.Things: things: vectors of unions are not supported");
  CHECK(codec<shop::Things>().to_value(encode(shop::ThingsT{})).value() ==
        Value{{"things_type", Value::array()}, {"things", Value::array()}});
}
