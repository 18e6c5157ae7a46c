#include "mullion/base/log.hpp"
#include "site.hpp"

using namespace mullion;
using conformance::preload_script;
using conformance::Site;

TEST_SUITE_BEGIN("script");

TEST_CASE("page: scripts run in order and speak on main's console with level and line") {
  Site site(
      "<!doctype html>\n<title>Order</title>\n<script>console.log('one')</script>\n<script "
      "src='two.js'></script>\n<script>\nconsole.warn('three')</script>",
      "", {{"two.js", "\n\nconsole.error('two')"}});
  REQUIRE(site.says("three"));
  CHECK(site.said(0) == "one");
  CHECK(site.said(1) == "two");
  CHECK(site.console[1].level == backend::ConsoleMessage::Level::error);
  CHECK(site.console[2].level == backend::ConsoleMessage::Level::warning);
  CHECK(site.contents().title() == "Order");
  CHECK(site.window.title() == "Order");
  CHECK(site.contents().url() == "app://test/page.html");
}

TEST_CASE("page: what nobody listens to on its console goes to the log, without what controls a terminal") {
  std::string logged;
  Site site("<title>x</title>", "", {{"loud.html", "<script>console.log('a\\x1b[2Jb'); console.warn('c')</script>"}});
  site.listening.end();
  set_log_sink(
      [&](Level level, std::string_view text) { (logged += to_string(level)).append(" ").append(text) += '\n'; });
  auto loaded = site.load("app://test/loud.html");
  CHECK(loaded);
  CHECK(site.app.until([&] { return logged.ends_with("warning c (app://test/loud.html:1)\n"); }));
  set_log_sink(nullptr);
  CHECK(logged == "info a[2Jb\nwarning c (app://test/loud.html:1)\n");
}

TEST_CASE("page: an error nobody caught is on the console with its file and line") {
  Site site("<title>x</title>\n<script>\n  undefinedName()\n</script>");
  REQUIRE(site.app.until([&] { return !site.console.empty(); }));
  CHECK(site.console[0].level == backend::ConsoleMessage::Level::error);
  CHECK(site.said(0).find("undefinedName") != std::string::npos);
  CHECK(site.console[0].source == "app://test/page.html");
  CHECK(site.console[0].line == 3);
}

TEST_CASE("page: a document that is not there fails by Chromium's name") {
  Site site("<title>x</title>");
  auto missing = site.load("app://test/missing.html");
  REQUIRE_FALSE(missing);
  CHECK(missing.error().code == "ERR_FILE_NOT_FOUND");
  CHECK(site.contents().url() == "app://test/page.html");
}

TEST_CASE("page: fetch reads its own app: files") {
  Site site("<script>fetch('data.json').then(r => r.json()).then(({n}) => console.log('n is ' + n))</script>", "",
            {{"data.json", "{\"n\": 42}"}});
  CHECK(site.says("n is 42"));
}

TEST_CASE("page: events come in the order of a load") {
  Site site("<title>x</title>");
  std::string events;
  auto contents = site.contents();
  contents.on(main::did_start_loading, [&] { events += "start "; });
  contents.on(main::did_navigate, [&] { events += "navigate "; });
  contents.on(main::dom_ready, [&] { events += "dom-ready "; });
  contents.on(main::did_finish_load, [&] { events += "finish "; });
  contents.on(main::did_stop_loading, [&] { events += "stop"; });
  REQUIRE(contents.reload());
  REQUIRE(site.app.until([&] { return events.ends_with("stop"); }));
  CHECK(events == "start navigate dom-ready finish stop");
}

TEST_CASE("page: execute_java_script gives values, follows promises, and tells errors by class") {
  Site site("<title>x</title>");
  CHECK(site.run("1 + 1")->number() == 2);
  CHECK(site.run("Promise.resolve({a: [1n]})")->inspect() == "{ a: [ 1n ] }");
  auto thrown = site.run("null.x");
  REQUIRE_FALSE(thrown);
  CHECK(thrown.error().message.find("null") != std::string::npos);
  auto rejected = site.run("Promise.reject(new RangeError('no'))");
  REQUIRE_FALSE(rejected);
  CHECK(rejected.error().message.find("no") != std::string::npos);
  auto uncloneable = site.run("({f () {}})");
  REQUIRE_FALSE(uncloneable);
  CHECK(uncloneable.error().message.find("f") != std::string::npos);
}

TEST_CASE("page: a script that is under way when its document goes is told so") {
  Site site("<title>x</title>");
  auto running = site.contents().execute_java_script("new Promise(() => setTimeout(() => location.reload()))");
  auto ended = site.app.wait(std::move(running));
  REQUIRE_FALSE(ended);
  CHECK(ended.error().code == "destroyed");
}

TEST_CASE("page: whoever hears that a script ended with its process may destroy the window") {
  Site site("<title>x</title>");
  Tasks tasks;
  std::string code;
  tasks.spawn([](Site& site, std::string& code) -> Task<> {
    auto running = site.contents().execute_java_script("new Promise(() => {})");
    auto ended = co_await std::move(running);
    site.window.destroy();
    code = ended ? "" : ended.error().code;
  }(site, code));
  site.contents().forcefully_crash_renderer();
  REQUIRE(site.app.until([&] { return !code.empty(); }));
  CHECK(code == "crashed");
}

TEST_CASE("page: WebAssembly.instantiate is awaited") {
  Site site("<title>x</title>");
  auto sum = site.run(R"((async () => {
    const bytes = new Uint8Array([0,97,115,109,1,0,0,0,1,7,1,96,2,127,127,1,127,3,2,1,0,7,7,1,3,97,100,100,0,0,10,9,1,7,0,32,0,32,1,106,11])
    const {instance} = await WebAssembly.instantiate(bytes)
    return instance.exports.add(40, 2)
  })())");
  REQUIRE(sum);
  CHECK(sum->number() == 42);
}

TEST_CASE("page: window.close closes the window, unless beforeunload objects") {
  Site site(
      "<script>addEventListener('beforeunload', event => {"
      " if (globalThis.stay) { event.preventDefault(); event.returnValue = 'stay'; console.log('stays'); } "
      "})</script>");
  REQUIRE(site.run("globalThis.stay = true; 0"));
  int asked = 0;
  site.window.on(main::close, [&] { ++asked; });
  site.window.close();
  REQUIRE(site.app.until([&] { return asked == 1; }));
  REQUIRE(site.says("stays"));
  REQUIRE(site.run("globalThis.stay = false; 0"));
  CHECK_FALSE(site.window.is_destroyed());
  auto ignored = site.contents().execute_java_script("setTimeout(() => window.close()); 0");
  (void)site.app.wait(std::move(ignored));
  CHECK(site.app.until([&] { return site.window.is_destroyed(); }));
}

TEST_CASE("page: its process killed, main hears why, and reload brings it back whole") {
  Site site("<script>console.log('here')</script>", preload_script("preload.js"));
  REQUIRE(site.says("here"));
  site.console.clear();
  std::string reason;
  site.contents().on(main::render_process_gone, [&](const main::RenderProcessGone& gone) { reason = gone.reason; });
  site.contents().forcefully_crash_renderer();
  REQUIRE(site.app.until([&] { return !reason.empty(); }));
  CHECK(reason == "killed");
  REQUIRE(site.contents().reload());
  REQUIRE(site.says("here"));
  CHECK(site.run("api.add(1, 2)")->number() == 3);
}

TEST_SUITE_END();

const char conformance::load_cases = 0;
