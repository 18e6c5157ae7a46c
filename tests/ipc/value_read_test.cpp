#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "mullion/ipc/value.hpp"

using namespace mullion;

namespace {

template <class T>
std::string why(const Value& value) {
  auto read = value.to<T>();
  return read ? "read" : read.error().message;
}

}  // namespace

TEST_CASE("value: what is read as its own type is itself") {
  CHECK(Value(true).to<bool>().value());
  CHECK(Value(2.5).to<double>().value() == 2.5);
  CHECK(Value(7).to<int>().value() == 7);
  CHECK(Value("x").to<std::string>().value() == "x");
  CHECK(Value("x").to<std::string_view>().value() == "x");
  CHECK(Value(std::vector<std::byte>(3)).to<std::vector<std::byte>>().value().size() == 3);
  CHECK(Value(std::vector<std::byte>(3)).to<Bytes>().value().size() == 3);
  CHECK(Value(1).to<Value>().value() == 1);
  CHECK(Value::array({1, 2}).to<std::vector<int>>().value() == std::vector<int>{1, 2});
  CHECK(Value::array({Value::array({"a"})}).to<std::vector<std::vector<std::string>>>().value()[0][0] == "a");
}

TEST_CASE("value: reading something else says what was expected and what was found") {
  CHECK(why<std::string>(3) == "expected a string, found a number");
  CHECK(why<bool>("x") == "expected a boolean, found a string");
  CHECK(why<double>(Value::bigint(1)) == "expected a number, found a bigint");
  CHECK(why<int>(Value{{"a", 1}}) == "expected an integer, found an object");
  CHECK(why<Bytes>(nullptr) == "expected bytes, found null");
  CHECK(why<Error>(Value()) == "expected an error, found undefined");
  CHECK(why<std::vector<int>>(Value::set()) == "expected an array, found a set");
  CHECK(why<std::vector<int>>(Value::array({1, "2"})) == "[1]: expected an integer, found a string");
  CHECK(why<std::string>(Value::boxed("x")) == "expected a string, found a boxed primitive");
  CHECK(Value(3).to<std::string>().error().kind == Kind::invalid);
  CHECK(Value(3).to<std::string>().error().code == "type");
}

TEST_CASE("value: integers are read only where they fit exactly") {
  CHECK(why<std::uint8_t>(300) == "expected an integer from 0 to 255, found 300");
  CHECK(why<std::int8_t>(-129) == "expected an integer from -128 to 127, found -129");
  CHECK(why<int>(1.5) == "expected an integer from -2147483648 to 2147483647, found 1.5");
  CHECK(why<unsigned>(-1) == "expected an integer from 0 to 4294967295, found -1");
  CHECK(Value(-128).to<std::int8_t>().value() == -128);
  CHECK(Value(-0.0).to<unsigned>().value() == 0);
  CHECK_FALSE(Value(std::nan("")).to<int>());
  CHECK_FALSE(Value(std::numeric_limits<double>::infinity()).to<std::uint64_t>());
  CHECK_FALSE(Value(1e300).to<std::int64_t>());
  CHECK(Value(0x1p62).to<std::int64_t>().value() == std::int64_t{1} << 62);
  CHECK_FALSE(Value(0x1p63).to<std::int64_t>());
  CHECK(Value(0x1p63).to<std::uint64_t>().value() == std::uint64_t{1} << 63);
  CHECK_FALSE(Value(0x1p64).to<std::uint64_t>());
}

TEST_CASE("value: integers are read from bigints too") {
  constexpr auto most = std::numeric_limits<std::uint64_t>::max();
  constexpr auto least = std::numeric_limits<std::int64_t>::min();
  CHECK(Value(most).to<std::uint64_t>().value() == most);
  CHECK(Value(least).to<std::int64_t>().value() == least);
  CHECK_FALSE(Value(most).to<std::int64_t>());
  CHECK_FALSE(Value(least).to<std::uint64_t>());
  CHECK(Value::bigint(200).to<std::uint8_t>().value() == 200);
  CHECK(why<std::uint8_t>(Value::bigint(256)) == "expected an integer from 0 to 255, found 256n");
  CHECK_FALSE(Value::bigint(false, std::vector<std::byte>(9, std::byte{1})).to<std::uint64_t>());
}

TEST_CASE("value: members that are missing or something else read as nothing") {
  Value value{{"text", "abc"}, {"number", 2}, {"yes", true}, {"bytes", std::vector<std::byte>(2)}};
  CHECK(value.string("text") == "abc");
  CHECK(value.string("number").empty());
  CHECK(value.string("missing").empty());
  CHECK(value.number("number") == 2);
  CHECK(value.number("text") == 0);
  CHECK(value.boolean("yes"));
  CHECK_FALSE(value.boolean("number"));
  CHECK(value.bytes("bytes").size() == 2);
  CHECK(value.bytes("text").empty());
  CHECK(Value(3)["a"]["b"][7].is_undefined());
  CHECK(Value("text")[0].is_undefined());
  CHECK(Value::array({1})[1].is_undefined());
  CHECK(Value::array({1})[static_cast<std::size_t>(-1)].is_undefined());
}

TEST_CASE("value: a member of a temporary stays after it") {
  auto make = [] { return Value{{"list", Value::array({"first"})}}; };
  Value member = make()["list"];
  Value element = make()["list"][0];
  CHECK(member[0] == "first");
  CHECK(element == "first");
  CHECK(Value{{"a", "text"}}.string("a") == "text");
  CHECK(Value("text").string() == "text");
}

TEST_CASE("value: elements, members and entries are walked in order") {
  Value value{{"b", 1}, {"a", 2}};
  std::string keys;
  double sum = 0;
  for (const auto& [key, member] : value.members()) keys += key, sum += member.number();
  CHECK(keys == "ba");
  CHECK(sum == 3);
  Value list = Value::array({1, 2});
  for (const Value& element : list.elements()) sum += element.number();
  CHECK(sum == 6);
  Value map = Value::map({{"k", 10}});
  for (const auto& [key, item] : map.entries()) sum += item.number();
  CHECK(sum == 16);
  CHECK(value.elements().empty());
  CHECK(value.entries().empty());
  Value scalar = 3;
  CHECK(scalar.members().empty());
}

TEST_CASE("value: size counts what a value holds") {
  CHECK(Value("héllo").size() == 6);
  CHECK(Value::array({1, 2, 3}).size() == 3);
  CHECK(Value{{"a", 1}}.size() == 1);
  CHECK(Value::map({{1, 2}}).size() == 1);
  CHECK(Value(7).size() == 0);
}

TEST_CASE("value: equality is of content") {
  CHECK(Value{{"a", 1}, {"b", 2}} == Value{{"b", 2}, {"a", 1}});
  CHECK_FALSE(Value{{"a", 1}} == Value{{"a", 1}, {"b", 2}});
  CHECK_FALSE(Value{{"a", 1}, {"c", 2}} == Value{{"a", 1}, {"b", 2}});
  CHECK(Value::array({1, "x"}) == Value::array({1, "x"}));
  CHECK_FALSE(Value::array({1, 2}) == Value::array({2, 1}));
  CHECK_FALSE(Value::array({1}) == Value::set({1}));
  CHECK(Value(std::nan("")) == Value(std::nan("")));
  CHECK(Value(0.0) == Value(-0.0));
  CHECK_FALSE(Value(1) == Value::bigint(1));
  CHECK_FALSE(Value(1) == Value(true));
  CHECK_FALSE(Value() == Value(nullptr));
  CHECK_FALSE(Value::hole() == Value());
  CHECK(Value::date(5) == Value::date(5));
  CHECK_FALSE(Value::date(5) == Value(5));
  CHECK(Value::regexp("a", "g") == Value::regexp("a", "g"));
  CHECK_FALSE(Value::regexp("a", "g") == Value::regexp("a"));
  CHECK(Value::port(1) == Value::port(1));
  CHECK_FALSE(Value::port(1) == Value::port(2));
  CHECK_FALSE(Value(std::vector<std::byte>(2)) == Value::array_buffer(std::vector<std::byte>(2)));
  CHECK(3 == Value::array({3})[0]);
  CHECK(Value{{"a", "x"}}["a"] != "y");
}

TEST_CASE("value: depth counts containers, cost counts shared parts each time") {
  CHECK(Value(1).depth() == 0);
  CHECK(Value("x").depth() == 0);
  CHECK(Value::date(1).depth() == 0);
  CHECK(Value::regexp("a").depth() == 0);
  CHECK(Value::boxed(1).depth() == 0);
  CHECK(Value::array().depth() == 1);
  CHECK(Value{{"a", Value::array({1})}}.depth() == 2);
  CHECK(Value::error(Error{}).depth() == 1);
  CHECK(Value::map({{1, Value::set()}}).depth() == 2);
  Value text = std::string(1000, 'x');
  CHECK(text.cost() >= 1000);
  CHECK(Value::array({text, text}).cost() >= 2000);
  Value doubled = text;
  for (int i = 0; i < 100; ++i) doubled = Value::array({doubled, doubled});
  CHECK(doubled.cost() == std::numeric_limits<std::size_t>::max());
}

TEST_CASE("value: values deeper than may travel equal only their own copies") {
  auto nest = [](int levels) {
    Value value;
    for (int i = 0; i < levels; ++i) value = Value::array({value});
    return value;
  };
  CHECK(nest(1000) == nest(1000));
  CHECK_FALSE(nest(1001) == nest(1001));
  Value deep = nest(100'000);
  CHECK(deep == Value(deep));
}
