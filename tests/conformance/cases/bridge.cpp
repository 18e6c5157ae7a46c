#include "site.hpp"

using namespace mullion;
using conformance::preload_script;
using conformance::Site;

TEST_SUITE_BEGIN("script");

namespace {

// Runs in the page and gives what it made of it, as text.
std::string in_page(Site& site, const std::string& expression) {
  auto result = site.run("(async () => { try { return await " + expression +
                         " } catch (error) { return `${error.name}: ${error.message}` } })()");
  REQUIRE_MESSAGE(result, (result ? "" : result.error().message));
  return result->inspect();
}

}  // namespace

TEST_CASE("bridge: a script preload's functions, promises and data reach the page as copies") {
  Site site("<title>bridge</title>", preload_script("preload.js"));
  CHECK(in_page(site, "api.version") == "7");
  CHECK(in_page(site, "api.list") == "[ 1, { two: 2 } ]");
  CHECK(in_page(site, "api.add(20, 22)") == "42");
  CHECK(in_page(site, "api.later('in time')") == "'in time'");
  CHECK(in_page(site, "Object.isFrozen(api) && Object.isFrozen(api.list)") == "true");
  CHECK(in_page(site, "api.fails()") == "'TypeError: on purpose'");
  CHECK(in_page(site, "api.rejects()") == "'Error: later on purpose'");
}

TEST_CASE("bridge: callbacks go both ways, and a function that goes home is itself again") {
  Site site("<title>bridge</title>", preload_script("preload.js"));
  CHECK(in_page(site, "(f => (api.keep(f), api.callKept(3, 4)))((a, b) => a * b)") == "12");
  CHECK(in_page(site, "(api.keep(x => x), typeof api.callKept(api.add))") == "'function'");
  CHECK(in_page(site, "(api.keep(x => x), api.callKept(api.add) === api.add || api.callKept(api.add)(1, 2))") !=
        "'undefined'");
}

TEST_CASE("bridge: page and preload have prototypes and globals of their own") {
  Site site("<script>globalThis.pages = 1; Array.prototype.add = 'page'</script>", preload_script("preload.js"));
  CHECK(in_page(site, "typeof hidden") == "'undefined'");
  CHECK(in_page(site, "[].mine") == "undefined");
  CHECK(in_page(site, "api.sees('pages')") == "'undefined'");
  CHECK(in_page(site, "api.list instanceof Array") == "true");
  CHECK(in_page(site, "typeof require") == "'undefined'");
}

TEST_CASE("bridge: what cannot be cloned is refused") {
  Site site("<title>bridge</title>", preload_script("preload.js"));
  auto refused = in_page(site, "api.invoke('anything', new WeakMap())");
  CHECK(refused.find("could not be cloned") != std::string::npos);
}

TEST_CASE("bridge: a native preload's functions, promises and data") {
  Site site("<title>native</title>", "native");
  CHECK(in_page(site, "api.version") == "'1.0'");
  CHECK(in_page(site, "api.twice(21)") == "42");
  CHECK(in_page(site, "api.twice('x')") == "'Error: twice of what?'");
  CHECK(in_page(site, "api.eventually({deep: [1]})") == "{ deep: [ 1 ] }");
}

TEST_CASE("bridge: a typed channel is a promise of main's reply, checked by the schema") {
  Site site("<title>typed</title>", "native");
  REQUIRE(site.app->ipc_main().handle(test::ask, [](main::InvokeEvent, Table<Question> question) -> Result<ReplyT> {
    if (question->text()->str() == "no")
      return std::unexpected(Error{.kind = Kind::denied, .code = "EPERM", .message = "not that"});
    ReplyT reply;
    reply.text = question->text()->str() + "!";
    reply.length = question->text()->size();
    return reply;
  }));
  CHECK(in_page(site, "api.ask({text: 'hey'})") == "{ text: 'hey!', length: 3n }");
  CHECK(in_page(site, "api.ask({text: 5})").find("Question.text") != std::string::npos);
  CHECK(in_page(site, "api.ask({}).catch(error => error.message)").find("Question.text") != std::string::npos);
  CHECK(in_page(site, "api.ask({text: 'no'}).catch(error => `${error.code} ${error.kind} ${error.message}`)") ==
        "'EPERM denied not that'");
}

TEST_CASE("preload: a script that throws is told with its file and line, and the page goes on") {
  Site site("<script>console.log('page ran')</script>");
  std::string told;
  site.contents().on(main::preload_error, [&](const main::PreloadError& error) { told = error.error.message; });
  auto window = main::BrowserWindow::create(*site.app, {.web_preferences = {.preload = preload_script("broken.js")}});
  REQUIRE(window);
  window->web_contents().on(main::preload_error, [&](const main::PreloadError& error) { told = error.error.message; });
  auto loading = window->load_url("app://test/page.html");
  REQUIRE(site.app.wait(std::move(loading)));
  REQUIRE(site.app.until([&] { return !told.empty(); }));
  CHECK(told.find("preload broke") != std::string::npos);
  CHECK(told.find("broken.js:1") != std::string::npos);
}

TEST_CASE("preload: a file that is not there is told by name") {
  Site site("<title>x</title>");
  std::string told;
  auto window = main::BrowserWindow::create(*site.app, {.web_preferences = {.preload = "/nowhere/p.js"}});
  REQUIRE(window);
  window->web_contents().on(main::preload_error, [&](const main::PreloadError& error) { told = error.error.message; });
  auto loading = window->load_url("app://test/page.html");
  REQUIRE(site.app.wait(std::move(loading)));
  REQUIRE(site.app.until([&] { return !told.empty(); }));
  CHECK(told.find("/nowhere/p.js") != std::string::npos);
}

TEST_SUITE_END();

const char conformance::bridge_cases = 0;
