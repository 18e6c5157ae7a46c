// What execute_java_script answers when a script does not simply give a value.
#include "site.hpp"

using namespace mullion;
using conformance::Site;

namespace {

std::string failure(Site& site, const std::string& script) {
  auto outcome = site.run(script);
  return outcome ? "it gave " + outcome->inspect() : outcome.error().message;
}

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_SUITE_BEGIN("script");

TEST_CASE("execute: what a script throws that is no Error is an error that shows it") {
  Site site("<title>x</title>");
  CHECK(has(failure(site, "throw 'plain words'"), "plain words"));
  CHECK(has(failure(site, "throw undefined"), "undefined"));
  CHECK(has(failure(site, "throw null"), "null"));
  CHECK(has(failure(site, "throw 17"), "17"));
  CHECK(has(failure(site, "throw {reason: 'an object'}"), "an object"));
  CHECK(site.run("1 + 1")->number() == 2);
}

TEST_CASE("execute: so is what a promise is rejected with") {
  Site site("<title>x</title>");
  CHECK(has(failure(site, "Promise.reject('plain words')"), "plain words"));
  CHECK(has(failure(site, "Promise.reject()"), "undefined"));
  CHECK(has(failure(site, "Promise.reject({reason: 'an object'})"), "an object"));
  CHECK(has(failure(site, "new Promise((_, no) => setTimeout(() => no(new TypeError('later')), 1))"), "later"));
}

TEST_CASE("execute: an Error keeps its class as the error's code") {
  Site site("<title>x</title>");
  auto thrown = site.run("throw new RangeError('too far')");
  REQUIRE_FALSE(thrown);
  CHECK(thrown.error().code == "RangeError");
  auto rejected = site.run("(async () => { throw new TypeError('of another kind') })()");
  REQUIRE_FALSE(rejected);
  CHECK(rejected.error().code == "TypeError");
}

TEST_CASE("execute: what is no script is a SyntaxError") {
  Site site("<title>x</title>");
  auto wrong = site.run("let = = 1");
  REQUIRE_FALSE(wrong);
  CHECK(wrong.error().code == "SyntaxError");
}

TEST_CASE("execute: a page whose policy allows no script is no obstacle, and its preload runs there") {
  Site site(
      "<meta http-equiv='Content-Security-Policy' content=\"default-src 'none'; script-src "
      "'none'\"><title>strict</title>",
      conformance::preload_script("preload.js"));
  CHECK(site.run("1 + 1")->number() == 2);
  CHECK(site.run("Promise.resolve(api.add(2, 3))")->number() == 5);
  CHECK(has(failure(site, "throw new Error('still told')"), "still told"));
}

TEST_CASE("close: a page asks to stay, and a listener of will-prevent-unload has it go") {
  Site site("<script>onbeforeunload = event => { event.preventDefault(); event.returnValue = 'stay' }</script>");
  int asked = 0;
  bool overrule = false;
  site.contents().on(main::will_prevent_unload, [&](CancelableEvent& event) {
    ++asked;
    if (overrule) event.prevent_default();
  });
  site.window.close();
  REQUIRE(site.app.until([&] { return asked == 1; }));
  CHECK_FALSE(site.window.is_destroyed());
  overrule = true;
  site.window.close();
  CHECK(site.app.until([&] { return site.window.is_destroyed(); }));
  CHECK(asked == 2);
}

TEST_SUITE_END();

const char conformance::execute_cases = 0;
