#include "site.hpp"

using namespace mullion;
using conformance::preload_script;
using conformance::Site;

TEST_SUITE_BEGIN("script");

TEST_CASE("hostile page: every kind of value in every exposed function gives an error or a result, and main goes on") {
  Site site("<title>x</title>", "native");
  auto tried = site.run(R"((async () => {
    const values = [undefined, null, NaN, 1e308, -1n, 'x'.repeat(100000), Symbol('s'), () => {}, new Proxy({}, {}), [[[[]]]], new Map([[{}, {}]]),
      new WeakMap(), Promise.resolve(1), new ArrayBuffer(1 << 20), {get text () { throw new Error('trap') }}, Object.create(null), new Date(NaN), {text: {}}, {text: 'a', number: 2 ** 40}]
    let outcomes = 0
    for (const name of Object.keys(api)) {
      if (typeof api[name] !== 'function') continue
      for (const value of values) {
        try { await api[name](value) } catch {}
        outcomes++
      }
    }
    return outcomes
  })())");
  REQUIRE_MESSAGE(tried, (tried ? "" : tried.error().message));
  CHECK(tried->number() == 4 * 19);
  CHECK(site.run("api.twice(2)")->number() == 4);
}

TEST_CASE("hostile page: cycles come to C++ as an error, not a crash") {
  Site site("<title>x</title>", preload_script("preload.js"));
  bool called = false;
  REQUIRE(site.app->ipc_main().handle("any",
                                      [&](main::InvokeEvent, std::vector<Value>) { return called = true, Value(); }));
  auto refused = site.run(
      "(async () => { const a = []; a.push(a); return api.invoke('any', {a}).then(() => 'came', error => error.code) "
      "})()");
  REQUIRE_MESSAGE(refused, (refused ? "" : refused.error().message));
  CHECK(refused->string() != "came");
  CHECK_FALSE(called);
}

TEST_CASE("hostile page: a flood of sends and a thousand ports leave main answering") {
  Site site("<title>x</title>", preload_script("preload.js"));
  int floods = 0;
  site.app->ipc_main().on("flood", [&](const main::IpcMainEvent&, std::vector<Value>) { ++floods; });
  auto done = site.run(
      "(() => { for (let i = 0; i < 20000; i++) api.send('flood', i); for (let i = 0; i < 1000; i++) new "
      "MessageChannel(); return 1 })()");
  REQUIRE_MESSAGE(done, (done ? "" : done.error().message));
  REQUIRE(site.app.until([&] { return floods == 20000; }));
  CHECK(site.run("api.add(1, 1)")->number() == 2);
}

TEST_CASE("hostile page: calls that nobody answers are refused beyond a bound") {
  Site site("<title>x</title>", preload_script("preload.js"));
  REQUIRE(site.app->ipc_main().handle("never", [](main::InvokeEvent, std::vector<Value>) -> Task<Result<Value>> {
    auto [answer, forever] = one_shot<bool>();
    static std::vector<OneShot<bool>::Answer> kept;
    kept.push_back(std::move(answer));
    co_await std::move(forever);
    co_return Value("answered");
  }));
  auto codes = site.run(
      "Promise.race(Array.from({length: 10001}, () => api.invoke('never').then(() => 'came', error => error.code)))");
  REQUIRE_MESSAGE(codes, (codes ? "" : codes.error().message));
  CHECK(codes->string() == "calls");
  CHECK(site.run("api.add(1, 1)")->number() == 2);
}

TEST_SUITE_END();

const char conformance::hostile_cases = 0;
