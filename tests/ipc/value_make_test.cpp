#include <doctest/doctest.h>

#include <array>
#include <limits>
#include <thread>

#include "mullion/ipc/value.hpp"

using namespace mullion;

namespace {

std::string show(const Value& value) { return value.inspect(); }
std::string take(Value value) { return value.inspect(); }

struct Hit {
  long line;
  std::string text;
};

}  // namespace

TEST_CASE("value: each C++ type becomes what script would call it") {
  CHECK(Value().is_undefined());
  CHECK(Value(nullptr).is_null());
  CHECK(Value(true).is_boolean());
  CHECK(Value(1).is_number());
  CHECK(Value(1.5).is_number());
  CHECK(Value(1.5F).is_number());
  CHECK(Value(std::uint8_t{200}) == 200);
  CHECK(Value(std::int8_t{-3}) == -3);
  CHECK(Value(std::size_t{7}) == 7);
  CHECK(Value("text").is_string());
  CHECK(Value(std::string("text")) == "text");
  CHECK(Value(std::string_view("text").substr(1)) == "ext");
  CHECK(Value(std::vector<std::byte>(3)).is_bytes());
  CHECK(Value(std::array<std::byte, 2>{}).size() == 2);
  CHECK(Value(std::vector<int>{1, 2}).is_array());
  CHECK(Value(std::vector<bool>{true, false})[0].is_boolean());
}

TEST_CASE("value: what is neither text nor number in script does not convert") {
  CHECK_FALSE(std::is_constructible_v<Value, char>);
  CHECK_FALSE(std::is_constructible_v<Value, wchar_t>);
  CHECK_FALSE(std::is_constructible_v<Value, void*>);
  CHECK_FALSE(std::is_constructible_v<Value, const int*>);
  CHECK_FALSE(std::is_constructible_v<Value, Hit>);
  CHECK_FALSE(std::is_constructible_v<Value, std::u16string>);
  CHECK_FALSE(std::is_constructible_v<Value, Error>);
}

TEST_CASE("value: integers that are safe in script are numbers, all others bigints") {
  CHECK(Value(9007199254740991).is_number());
  CHECK(Value(9007199254740992).is_bigint());
  CHECK(Value(-9007199254740991).is_number());
  CHECK(Value(-9007199254740992).is_bigint());
  CHECK(Value(std::uint64_t{9007199254740991}).is_number());
  CHECK(show(std::numeric_limits<std::uint64_t>::max()) == "18446744073709551615n");
  CHECK(show(std::numeric_limits<std::int64_t>::min()) == "-9223372036854775808n");
  CHECK(show(Value::bigint(5)) == "5n");
}

TEST_CASE("value: pairs in braces are an object, whatever stands around them") {
  long line = 3;
  std::string text = "warranty";
  CHECK(show(Value{{"line", line}, {"text", text}}) == "{ line: 3, text: 'warranty' }");
  CHECK(show(Value{{"a", 1}}) == "{ a: 1 }");
  CHECK(show(Value({{"a", 1}})) == "{ a: 1 }");
  CHECK(show({{"a", 1}}) == "{ a: 1 }");
  CHECK(take({{"a", text}}) == "{ a: 'warranty' }");
  CHECK(show(Value{{"a", "b"}}) == "{ a: 'b' }");
  CHECK(show(Value{{"a", "b"}, {"c", "d"}}) == "{ a: 'b', c: 'd' }");
  CHECK(show(Value{{text, 1}, {std::string_view("x"), 2}, {text + "!", 3}}) == "{ warranty: 1, x: 2, 'warranty!': 3 }");
  Value assigned = {{"a", 1}};
  assigned = {{"b", nullptr}};
  CHECK(show(assigned) == "{ b: null }");
  CHECK(show(Value::object({{"a", 1}})) == "{ a: 1 }");
}

TEST_CASE("value: objects nest in braces") {
  Value inner{{"b", 1}};
  CHECK(show(Value{{"a", {{"b", 1}}}}) == "{ a: { b: 1 } }");
  CHECK(show(Value{{"a", {{"b", {{"c", 1}}}}}}) == "{ a: { b: { c: 1 } } }");
  CHECK(show(Value{{"a", inner}, {"list", Value::array({inner, {{"c", 2}}, 3})}}) ==
        "{ a: { b: 1 }, list: [ { b: 1 }, { c: 2 }, 3 ] }");
  CHECK(show(Value{{"names", std::vector<std::string>{"x", "y"}}}) == "{ names: [ 'x', 'y' ] }");
}

TEST_CASE("value: braces around one value are that value, not an object or an array") {
  Value object{{"a", 1}};
  CHECK(Value{object} == object);
  CHECK(Value(object) == object);
  CHECK(Value{Value{object}} == object);
  CHECK(Value{1} == 1);
  CHECK(Value{"x"} == "x");
  CHECK(take({"x"}) == "'x'");
  CHECK(take({object}) == "{ a: 1 }");
}

TEST_CASE("value: empty braces are undefined, the empty object and array have names") {
  CHECK(Value{}.is_undefined());
  CHECK(take({}) == "undefined");
  CHECK(show(Value{{"a", {}}}) == "{ a: undefined }");
  CHECK(show(Value::object()) == "{}");
  CHECK(show(Value::array()) == "[]");
  CHECK(show(Value::array({})) == "[]");
  CHECK(show(Value::map()) == "Map(0) {}");
  CHECK(show(Value::set()) == "Set(0) {}");
}

TEST_CASE("value: arrays, sets and maps are named") {
  CHECK(show(Value::array({1, "two", {{"three", 3}}, nullptr, true})) == "[ 1, 'two', { three: 3 }, null, true ]");
  CHECK(show(Value::array({Value::array({1})})) == "[ [ 1 ] ]");
  CHECK(show(Value::array(std::vector<Value>{1, 2})) == "[ 1, 2 ]");
  CHECK(show(Value::set({1, "a"})) == "Set(2) { 1, 'a' }");
  CHECK(show(Value::map({{1, 2}, {"a", {{"b", 2}}}})) == "Map(2) { 1 => 2, 'a' => { b: 2 } }");
  CHECK(show(Value::map(std::vector<Value::Entry>{{1, 2}})) == "Map(1) { 1 => 2 }");
}

TEST_CASE("value: a key that stands twice keeps its first place and its last value") {
  CHECK(show(Value{{"a", 1}, {"b", 2}, {"a", 3}}) == "{ a: 3, b: 2 }");
  std::vector<Value::Member> many;
  for (int i = 0; i < 100; ++i) many.push_back({"k" + std::to_string(i % 30), i});
  Value object = Value::object(std::move(many));
  REQUIRE(object.size() == 30);
  CHECK(object.members()[0].key == "k0");
  CHECK(object["k0"] == 90);
  CHECK(object["k29"] == 89);
  CHECK_FALSE(object.contains("k30"));
}

TEST_CASE("value: an error carries its kind, code, message and data") {
  auto data = std::make_shared<const Value>(Value{{"path", "/x"}});
  Value value = Value::error(Error{.kind = Kind::denied, .code = "EACCES", .message = "no", .data = data});
  CHECK(value["name"] == "Error");
  CHECK(value["message"] == "no");
  CHECK(value["kind"] == "denied");
  CHECK(value["code"] == "EACCES");
  CHECK(value["data"]["path"] == "/x");
  auto back = value.to<Error>();
  REQUIRE(back);
  CHECK(back->kind == Kind::denied);
  CHECK(back->code == "EACCES");
  CHECK(back->message == "no");
  REQUIRE(back->data);
  CHECK(*back->data == *data);
}

TEST_CASE("value: an error's absent parts are undefined") {
  Value value = Value::error(Error{.message = "plain"});
  CHECK(value["code"].is_undefined());
  CHECK(value["data"].is_undefined());
  CHECK(value["cause"].is_undefined());
  CHECK_FALSE(value.to<Error>()->data);
  Value thrown = Value::error({.name = "TypeError", .message = "x", .cause = value});
  CHECK(thrown["cause"]["message"] == "plain");
  CHECK(thrown.to<Error>()->kind == Kind::failed);
}

TEST_CASE("value: bigints of any size keep sign and magnitude") {
  std::vector<std::byte> nine(9);
  nine[8] = std::byte{1};
  Value big = Value::bigint(false, nine);
  CHECK(big.magnitude() == nine);
  CHECK_FALSE(big.negative());
  CHECK(show(big) == "18446744073709551616n");
  CHECK(big.number() == 18446744073709551616.0);
  CHECK(Value::bigint(true, nine).negative());
  CHECK(Value::bigint(true, {}) == Value::bigint(0));
  nine[8] = std::byte{0};
  nine[0] = std::byte{7};
  CHECK(Value::bigint(true, nine) == Value::bigint(-7));
}

TEST_CASE("value: a view must lie within a buffer, at its element's multiple") {
  Value buffer = Value::array_buffer(std::vector<std::byte>(8));
  auto view = Value::view(Value::View::uint16, buffer, 2, 3);
  REQUIRE(view);
  CHECK(view->size() == 6);
  CHECK(view->view() == Value::View::uint16);
  CHECK(Value::view(Value::View::uint16, buffer, 8, 0));
  CHECK_FALSE(Value::view(Value::View::uint16, buffer, 2, 4));
  CHECK_FALSE(Value::view(Value::View::uint16, buffer, 1, 1));
  CHECK_FALSE(Value::view(Value::View::uint8, buffer, 9, 0));
  CHECK_FALSE(Value::view(Value::View::float64, buffer, 0, std::numeric_limits<std::size_t>::max() / 8 + 1));
  CHECK_FALSE(Value::view(Value::View::array_buffer, buffer, 0, 1));
  CHECK_FALSE(Value::view(Value::View::uint8, *view, 0, 1));
  CHECK_FALSE(Value::view(Value::View::uint8, "text", 0, 1));
  CHECK(Value::view(Value::View::uint8, Value(std::vector<std::byte>(2)), 0, 1).error().code == "bad-view");
}

TEST_CASE("value: only primitives are boxed") {
  CHECK(Value::boxed(1).is_boxed());
  CHECK(Value::boxed("x").unboxed() == "x");
  CHECK(Value::boxed(nullptr).is_null());
  CHECK(Value::boxed(Value()).is_undefined());
  CHECK(Value::boxed(Value::array()).is_array());
  CHECK(Value::boxed(Value::boxed(1)) == Value::boxed(1));
}

TEST_CASE("value: a chain of a million values is destroyed without a million frames") {
  Value chain;
  for (int i = 0; i < 1'000'000; ++i) chain = i % 2 == 0 ? Value::array({chain}) : Value{{"next", chain}};
  CHECK(chain.depth() == 1'000'000);
  Value map = Value::map({{chain, chain}});
  chain = nullptr;
  map = nullptr;
  CHECK(map.is_null());
}

TEST_CASE("value: copies share, and outlive what they were copied from") {
  Value copy;
  {
    Value original{{"text", std::string(1000, 'x')}};
    copy = original;
    CHECK(copy["text"].string().data() == original["text"].string().data());
  }
  CHECK(copy.string("text").size() == 1000);
  Value moved = std::move(copy);
  CHECK(copy.is_undefined());
  moved = *&moved;
  CHECK(moved.string("text").size() == 1000);
}

TEST_CASE("value: what is made where others were dropped holds nothing of theirs") {
  for (int i = 0; i < 100; ++i) {
    std::vector<Value> dropped;
    for (int j = 0; j < 40; ++j)
      dropped.push_back({{"a", std::string(static_cast<std::size_t>(j * i), 'x')}, {"b", j}, {"c", dropped}});
  }
  const Value text(std::string_view("short")), object{{"only", 1}};
  CHECK(text.string() == "short");
  CHECK(text.cost() == Value(std::string("short")).cost());
  CHECK(object.size() == 1);
  CHECK(object.depth() == 1);
  CHECK_FALSE(object.contains("b"));
}

namespace {

// Made before the thread's first value, so that it ends after what the thread keeps.
struct Last {
  ~Last() { value = {}; }
  Value value;
};

}  // namespace

TEST_CASE("value: one that a thread ends last of all is ended, and so is one that another thread made") {
  Value made;
  std::thread([&] {
    static thread_local Last last;
    last.value = {{"text", "a text that is longer than one in place"}};
    made = last.value;
    Value(std::string_view("dropped"));
  }).join();
  CHECK(made.string("text") == "a text that is longer than one in place");
}
