#include <doctest/doctest.h>

#include <limits>

#include "mullion/ipc/value.hpp"

using namespace mullion;

TEST_CASE("inspect: numbers are written as script writes them") {
  for (auto [number, text] : std::initializer_list<std::pair<double, const char*>>{
           {0, "0"}, {-0.0, "-0"}, {42, "42"}, {-1.5, "-1.5"}, {0.1, "0.1"}, {1e21, "1e+21"}, {1e20, "100000000000000000000"},
           {1.5e21, "1.5e+21"}, {123456789012345680000.0, "123456789012345680000"}, {1e-6, "0.000001"}, {1e-7, "1e-7"},
           {1.25e-9, "1.25e-9"}, {5e-324, "5e-324"}, {1.7976931348623157e308, "1.7976931348623157e+308"},
           {9007199254740991, "9007199254740991"}, {1.0 / 3, "0.3333333333333333"}}) {
    CHECK(Value(number).inspect() == text);
  }
  CHECK(Value(std::numeric_limits<double>::quiet_NaN()).inspect() == "NaN");
  CHECK(Value(-std::numeric_limits<double>::infinity()).inspect() == "-Infinity");
}

TEST_CASE("inspect: text is quoted, and its control characters cannot reach a terminal") {
  CHECK(Value("it's \\ fine").inspect() == "'it\\'s \\\\ fine'");
  CHECK(Value("a\nb\x1b[31m\x7f").inspect() == "'a\\nb\\x1B[31m\\x7F'");
  CHECK(Value::error(Error{.message = "\x1b]0;x"}).inspect() == "[Error: \\x1B]0;x, kind: 'failed']");
  CHECK(Value::regexp("\x1b", "g").inspect() == "/\\x1B/g");
}

TEST_CASE("inspect: keys are quoted where script would need it") {
  CHECK(Value{{"a_1", 1}, {"$", 2}, {"1a", 3}, {"a b", 4}, {"", 5}}.inspect() ==
        "{ a_1: 1, $: 2, '1a': 3, 'a b': 4, '': 5 }");
}

TEST_CASE("inspect: dates are written in UTC") {
  CHECK(Value::date(1353497173123).inspect() == "2012-11-21T11:26:13.123Z");
  CHECK(Value::date(-1).inspect() == "1969-12-31T23:59:59.999Z");
  CHECK(Value::date(8.64e15).inspect() == "+275760-09-13T00:00:00.000Z");
  CHECK(Value::date(-8.64e15).inspect() == "-271821-04-20T00:00:00.000Z");
  CHECK(Value::date(8.64e15 + 1).inspect() == "Invalid Date");
}

TEST_CASE("inspect: what is deep, long or large is cut") {
  Value nested = Value::array({1});
  for (int i = 0; i < 5; ++i) nested = Value{{"in", nested}};
  CHECK(nested.inspect() == "{ in: { in: { in: [Object] } } }");
  CHECK(Value{{"a", Value::array({Value::array({Value::array({1}), Value::map({{1, 2}}), Value::array()})})}}.inspect() ==
        "{ a: [ [ [Array], [Map], [Array] ] ] }");
  CHECK(Value(std::vector<int>(150, 7)).inspect().ends_with("7, ... 50 more ]"));
  CHECK(Value(std::string(20'000, 'x')).inspect().size() < 11'000);
  CHECK(Value(std::vector<std::byte>(1'000'000)).inspect().size() < 1000);
  Value wide = Value(std::vector<std::string>(100, std::string(9'000, 'x')));
  wide = Value::array({wide, wide, wide});
  CHECK(wide.inspect().size() < 250'000);
  CHECK(Value::bigint(false, std::vector<std::byte>(5000, std::byte{1})).inspect() == "[bigint of 5000 bytes]");
}
