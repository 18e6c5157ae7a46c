// Developer tools, from backends that have some, beside what Mullion does to a page.
#include "site.hpp"

using namespace mullion;
using conformance::preload_script;
using conformance::Site;

namespace {

// False, and the case is skipped, where there are none.
bool open_tools(Site& site) {
  auto opened = site.contents().open_dev_tools();
  if (opened) return site.app.until([&] { return site.contents().is_dev_tools_opened(); });
  REQUIRE(opened.error().kind == Kind::unimplemented);
  conformance::skip(opened.error().message);
  return false;
}

}  // namespace

TEST_SUITE_BEGIN("script");

TEST_CASE("devtools: opened and closed, each told once, and they are no window of the app") {
  Site site("<title>x</title>");
  std::string events;
  site.contents().on(main::devtools_opened, [&] { events += "opened "; });
  site.contents().on(main::devtools_closed, [&] { events += "closed "; });
  CHECK_FALSE(site.contents().is_dev_tools_opened());
  if (!open_tools(site)) return;
  CHECK(main::BrowserWindow::get_all_windows(*site.app).size() == 1);
  site.contents().close_dev_tools();
  REQUIRE(site.app.until([&] { return !site.contents().is_dev_tools_opened(); }));
  CHECK(events == "opened closed ");
}

TEST_CASE("devtools: while they are open a page is reloaded, and its preload is there") {
  Site site("<script>console.log('is ' + api.add(1, 2))</script>", preload_script("preload.js"));
  if (!open_tools(site)) return;
  site.console.clear();
  REQUIRE(site.contents().reload());
  REQUIRE(site.says("is 3"));
  CHECK(site.run("api.add(20, 22)")->number() == 42);
}

TEST_CASE("devtools: they go with the window, which is the last") {
  Site site("<title>x</title>");
  if (!open_tools(site)) return;
  bool all_closed = false, tools_closed = false;
  site.app->on(main::window_all_closed, [&] { all_closed = true; });
  site.contents().on(main::devtools_closed, [&] { tools_closed = true; });
  site.window.close();
  CHECK(site.app.until([&] { return all_closed; }));
  CHECK(tools_closed);
}

TEST_SUITE_END();

const char conformance::devtools_cases = 0;
