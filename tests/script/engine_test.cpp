#include "harness.hpp"

namespace mullion::script {
namespace {

std::vector<std::byte> bytes(std::initializer_list<int> list) {
  std::vector<std::byte> out;
  for (int value : list) out.push_back(std::byte(value));
  return out;
}

std::unique_ptr<Function> function(Context& context, std::string_view source) {
  auto result = eval(context, source).take_function();
  REQUIRE(result);
  return result;
}

}  // namespace

TEST_CASE("engine: a script's completion value crosses when it is a number, string, boolean or bytes") {
  Script script;
  auto world = script.world();
  CHECK(eval(*world, "6 * 7").number() == 42);
  CHECK(eval(*world, "'na\\u00efve \\u{1F600}'").text() == "na\u00efve \U0001F600");
  CHECK(bool(eval(*world, "true")));
  CHECK(eval(*world, "new Uint8Array([1, 2, 3]).subarray(1)").take_bytes() == bytes({2, 3}));
  CHECK(eval(*world, "new Uint8Array([1, 2, 3]).buffer").take_bytes() == bytes({1, 2, 3}));
  CHECK(eval(*world, "({})").type() == Scalar::Type::none);
  CHECK(eval(*world, "Symbol()").type() == Scalar::Type::none);
  CHECK(eval(*world, "null").type() == Scalar::Type::none);
}

TEST_CASE("engine: strings keep their NULs and lose only lone surrogates") {
  Script script;
  auto world = script.world();
  CHECK(eval(*world, "'a\\0b'").text() == std::string_view("a\0b", 3));
  CHECK(eval(*world, "'x\\uD800y'").text() == "x\uFFFDy");
  auto length = function(*world, "s => s.length");
  CHECK(world->call(*length, std::string_view("a\0b", 3))->number() == 3);
  CHECK(world->call(*length, "\U0001F600")->number() == 2);
  CHECK(world->call(*length, "\xff\xe2\x82")->number() == 2);
  CHECK(world->call(*length, "")->number() == 0);
}

TEST_CASE("engine: kept functions are called with scalars and answer scalars") {
  Script script;
  auto world = script.world();
  auto join = function(*world, "(...all) => all.join()");
  CHECK(world->call(*join, 1, "two", true, Scalar())->text() == "1,two,true,");
  auto many = function(*world, "(...all) => all.length");
  std::vector<Scalar> list;
  for (int i = 0; i < 100; ++i) list.emplace_back("text " + std::to_string(i));
  CHECK(world->call_with(*many, list)->number() == 100);
}

TEST_CASE("engine: bytes handed over are the script's own, empty ones too") {
  Script script;
  auto world = script.world();
  auto sum = function(*world, "b => { globalThis.last = b; return b instanceof Uint8Array ? b.length : -1; }");
  auto borrowed = bytes({1, 2, 3});
  CHECK(world->call(*sum, borrowed)->number() == 3);
  borrowed[0] = std::byte(9);
  CHECK(eval(*world, "last[0]").number() == 1);
  CHECK(world->call(*sum, std::vector<std::byte>(1 << 20))->number() == 1 << 20);
  CHECK(world->call(*sum, std::vector<std::byte>())->number() == 0);
  CHECK(eval(*world, "last.buffer.byteLength").number() == 0);
}

TEST_CASE("engine: natives take scalars and functions, and answer scalars") {
  Script script;
  auto world = script.world();
  std::unique_ptr<Function> taken;
  std::vector<std::byte> seen;
  auto native = world->make_native("probe", [&](std::span<Scalar> list) -> Result<Scalar> {
    if (list.size() > 1) seen = list[1].take_bytes();
    taken = list.empty() ? nullptr : list[0].take_function();
    return "got " + std::to_string(list.size());
  });
  REQUIRE(native);
  auto set = function(*world, "f => { globalThis.probe = f; return typeof f + f.name + (f instanceof Function); }");
  CHECK(world->call(*set, **native)->text() == "functionprobetrue");
  CHECK(text(*world, "probe(x => x + 1, new Uint16Array([0x102, 0x304]).subarray(1))") == "got 2");
  CHECK(seen == bytes({4, 3}));
  REQUIRE(taken);
  CHECK(world->call(*taken, 41)->number() == 42);
}

TEST_CASE("engine: a native's error is thrown as an Error with kind and code") {
  Script script;
  auto world = script.world();
  auto native = world->make_native("fail", [](std::span<Scalar> list) -> Result<Scalar> {
    return std::unexpected(Error{Kind::overloaded, std::string(list[0].text()), "no room"});
  });
  (void)world->call(*function(*world, "f => { globalThis.fail = f }"), **native);
  eval(*world, "function caught(code) { try { fail(code) } catch (e) { return e } }");
  CHECK(text(*world, "let e = caught('full'); [e instanceof Error, e.name, e.kind, e.code, e.message].join()") ==
        "true,Error,overloaded,full,no room");
  CHECK(text(*world, "caught('TypeError').constructor.name") == "TypeError");
  CHECK(text(*world, "String('code' in caught(''))") == "false");
}

TEST_CASE("engine: what script throws becomes an Error that names its place") {
  Script script;
  auto world = script.world();
  auto failed = world->evaluate("\n  null.x", "app:///a.js", 10);
  REQUIRE_FALSE(failed);
  CHECK(failed.error().code == "TypeError");
  CHECK(failed.error().kind == Kind::failed);
  CHECK(failed.error().message.find("TypeError: ") == 0);
  CHECK(failed.error().message.find("null") != std::string::npos);
  CHECK(failed.error().message.find("(app:///a.js:11:") != std::string::npos);
  CHECK(world->exception().line == 11);
  CHECK(world->exception().url == "app:///a.js");
  CHECK(world->exception().stack.find("a.js") != std::string::npos);
}

TEST_CASE("engine: a syntax error has its line") {
  Script script;
  auto world = script.world();
  auto failed = world->evaluate("let a = 1;\nlet let = 2", "app:///b.js");
  REQUIRE_FALSE(failed);
  CHECK(failed.error().code == "SyntaxError");
  CHECK(world->exception().line == 2);
  CHECK(world->exception().url == "app:///b.js");
}

TEST_CASE("engine: an error's own code and kind are kept, whatever else is thrown is spelled out") {
  Script script;
  auto world = script.world();
  auto failed = world->evaluate("throw Object.assign(new Error('gone'), {code: 'ENOENT', kind: "
                                "'disconnected'})", "c.js");
  CHECK(failed.error().code == "ENOENT");
  CHECK(failed.error().kind == Kind::disconnected);
  CHECK(world->evaluate("throw 'text'", "c.js").error().message == "text");
  CHECK(world->evaluate("throw null", "c.js").error().message == "null");
  CHECK(world->evaluate("throw {toString() { throw 1 }}", "c.js").error().message ==
        "an object that cannot be converted to a string");
  CHECK(world->evaluate("throw {get message() { throw 1 }}", "c.js").error().message == "[object Object]");
}

TEST_CASE("engine: microtasks run when the outermost enter is left") {
  Script script;
  auto world = script.world();
  eval(*world, "globalThis.log = []; globalThis.step = n => { log.push(n); Promise.resolve().then(() => log.push('m' "
               "+ n)) }");
  auto step = function(*world, "step");
  world->enter([&] {
    (void)world->call(*step, 1);
    (void)world->call(*step, 2);
  });
  (void)world->call(*step, 3);
  CHECK(text(*world, "log.join()") == "1,2,m1,m2,3,m3");
}

TEST_CASE("engine: evaluate_into hands the raw value, or what was thrown, to a function") {
  Script script;
  auto world = script.world();
  auto sink = function(*world, "(ok, value, extra) => `${ok} ${typeof value} ${value?.message ?? ''} ${extra}`");
  Scalar extra[] = {"x"};
  CHECK(world->evaluate_into(*sink, "({a: 1n})", "d.js", 1, extra)->text() == "true object  x");
  CHECK(world->evaluate_into(*sink, "throw new Error('no')", "d.js", 1, extra)->text() == "false object no x");
}

TEST_CASE("engine: worlds of one engine share nothing but what natives carry") {
  Script script;
  auto main = script.world("main");
  auto isolated = script.world("isolated");
  eval(*main, "globalThis.secret = 1; Array.prototype.evil = 1");
  CHECK(text(*isolated, "typeof secret + typeof [].evil") == "undefinedundefined");
  auto function_of_main = function(*main, "() => 1");
  auto refused = isolated->call(*function_of_main);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == Kind::invalid);
}

TEST_CASE("engine: functions and natives of a released context answer that it is gone") {
  Script script;
  auto main = script.world("main");
  auto other = script.world("other");
  auto kept = function(*other, "() => 1");
  auto alive = std::make_shared<int>(1);
  auto native = other->make_native("n", [alive](std::span<Scalar>) -> Result<Scalar> { return Scalar(*alive); });
  other.reset();
  CHECK(alive.use_count() == 1);
  auto gone = main->call(*kept);
  REQUIRE_FALSE(gone);
  CHECK(gone.error().code == "released");
}

TEST_CASE("engine: natives that script let go of are let go of") {
  Script script;
  auto world = script.world();
  auto alive = std::make_shared<int>(1);
  auto use = function(*world, "f => f()");
  for (int i = 0; i < 2000; ++i) {
    auto native = world->make_native("n", [alive](std::span<Scalar>) -> Result<Scalar> { return Scalar(*alive); });
    (void)world->call(*use, **native);
    if (i % 500 == 499) script.engine->collect_garbage();
  }
  CHECK(script.run_until([&] {
    script.engine->collect_garbage();
    return alive.use_count() < 1900;
  }));
}

TEST_CASE("engine: WebAssembly's promises settle while the loop runs") {
  Script script;
  auto world = script.world();
  eval(*world, R"(
    const add = new Uint8Array([0,97,115,109,1,0,0,0,1,7,1,96,2,127,127,1,127,3,2,1,0,7,7,1,3,97,100,100,0,0,10,9,1,7,0,
                                32,0,32,1,106,11]);
    globalThis.sum = 0;
    WebAssembly.instantiate(add).then(({instance}) => { sum = instance.exports.add(40, 2); }, e => { sum = e; }))");
  CHECK(script.run_until([&] { return eval(*world, "sum").number() != 0; }));
  CHECK(eval(*world, "sum").number() == 42);
}

TEST_CASE("engine: finalizers run while the loop runs") {
  Script script;
  auto world = script.world();
  eval(*world, "globalThis.seen = 0; globalThis.f = new FinalizationRegistry(() => seen++); "
               "(() => { for (let i = 0; i < 100; i++) f.register({}, i) })()");
  script.engine->collect_garbage();
  CHECK(script.run_until([&] { return eval(*world, "seen").number() > 50; }));
}

TEST_CASE("engine: tasks posted from other threads run on the loop") {
  Script script;
  bool ran = false;
  CHECK(script.engine->post([&] { ran = true; }));
  CHECK(script.run_until([&] { return ran; }));
}

}  // namespace mullion::script
