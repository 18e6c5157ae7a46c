// Pages inside a window, beside the window's own.
#include <csignal>

#include "kit.hpp"

using namespace mullion;
using conformance::Plain;
using conformance::subject;

namespace {

main::WebContentsView make(Plain& plain, main::WebContentsViewOptions options = {}) {
  auto view = main::WebContentsView::create(*plain.app, std::move(options));
  REQUIRE_MESSAGE(view, (view ? "" : view.error().message));
  return *view;
}

Result<> load(Plain& plain, const main::WebContentsView& view) {
  auto loading = view.web_contents().load_url(subject().page);
  return plain.app.wait(std::move(loading));
}

}  // namespace

TEST_CASE("view: in no window it loads, and its preload is spoken to") {
  Plain plain;
  auto view = make(plain, {.web_preferences = {.preload = "talker"}});
  REQUIRE(load(plain, view));
  bool echoed = false;
  plain.app->ipc_main().on("echoed", [&](const main::IpcMainEvent& event, std::vector<Value>) {
    echoed = event.sender == view.web_contents();
  });
  REQUIRE(view.web_contents().send("echo"));
  CHECK(plain.app.until([&] { return echoed; }));
  CHECK(main::BrowserWindow::get_all_windows(*plain.app).size() == 1);
}

TEST_CASE("view: added, moved, hidden and taken out again its page lives on") {
  Plain plain;
  REQUIRE(plain.load(subject().page));
  auto view = make(plain);
  REQUIRE(load(plain, view));
  CHECK(view.bounds() == Rectangle{});
  REQUIRE(plain.window.add_child_view(view));
  CHECK(plain.window.child_views() == std::vector{view});
  REQUIRE(view.set_bounds({10, 20, 100, 50}));
  CHECK(view.bounds() == Rectangle{10, 20, 100, 50});
  view.set_visible(false);
  CHECK_FALSE(view.is_visible());
  view.set_visible(true);
  REQUIRE(plain.window.remove_child_view(view));
  CHECK(plain.window.child_views().empty());
  CHECK(view.bounds() == Rectangle{10, 20, 100, 50});
  CHECK(load(plain, view));
  CHECK_FALSE(view.is_destroyed());
}

TEST_CASE("view: added again it is on top") {
  Plain plain;
  auto one = make(plain), two = make(plain);
  REQUIRE(plain.window.add_child_view(one));
  REQUIRE(plain.window.add_child_view(two));
  CHECK(plain.window.child_views() == std::vector{one, two});
  REQUIRE(plain.window.add_child_view(one));
  CHECK(plain.window.child_views() == std::vector{two, one});
}

TEST_CASE("view: added to another window it leaves the first, and its page is the same") {
  Plain plain;
  auto second = plain.app.open({.title = "second"});
  auto view = make(plain, {.web_preferences = {.preload = "talker"}});
  REQUIRE(plain.window.add_child_view(view));
  REQUIRE(load(plain, view));
  auto pid = view.web_contents().process_id();
  REQUIRE(second.add_child_view(view));
  CHECK(plain.window.child_views().empty());
  CHECK(second.child_views() == std::vector{view});
  plain.window.destroy();
  CHECK_FALSE(view.is_destroyed());
  bool echoed = false;
  plain.app->ipc_main().on("echoed", [&](const main::IpcMainEvent&, std::vector<Value>) { echoed = true; });
  REQUIRE(view.web_contents().send("echo"));
  CHECK(plain.app.until([&] { return echoed; }));
  CHECK(view.web_contents().process_id() == pid);
}

TEST_CASE("view: it goes with its window, and no window is told as closed for it") {
  Plain plain;
  auto inside = make(plain), outside = make(plain);
  REQUIRE(plain.window.add_child_view(inside));
  REQUIRE(load(plain, inside));
  REQUIRE(load(plain, outside));
  bool destroyed = false, all_closed = false;
  inside.web_contents().on(main::destroyed, [&] { destroyed = true; });
  plain.app->on(main::window_all_closed, [&] { all_closed = true; });
  plain.window.close();
  REQUIRE(plain.app.until([&] { return plain.window.is_destroyed(); }));
  CHECK(destroyed);
  CHECK(inside.is_destroyed());
  CHECK(all_closed);
  CHECK_FALSE(outside.is_destroyed());
  CHECK(load(plain, outside));
}

TEST_CASE("view: closed by its web contents it leaves its window, and calls on it answer destroyed") {
  Plain plain;
  REQUIRE(plain.load(subject().page));
  auto view = make(plain);
  REQUIRE(plain.window.add_child_view(view));
  REQUIRE(load(plain, view));
  view.web_contents().close();
  CHECK(view.is_destroyed());
  CHECK(plain.window.child_views().empty());
  CHECK_FALSE(plain.window.is_destroyed());
  CHECK(view.set_bounds({0, 0, 1, 1}).error().code == "destroyed");
  CHECK(plain.window.add_child_view(view).error().code == "destroyed");
  CHECK(view.web_contents().send("x").error().code == "destroyed");
  CHECK(plain.load(subject().page));
}

TEST_CASE("view: its process killed, it is told alone, and reload brings it back") {
  Plain plain;
  REQUIRE(plain.load(subject().page));
  auto view = make(plain);
  REQUIRE(plain.window.add_child_view(view));
  REQUIRE(view.set_bounds({0, 0, 100, 100}));
  REQUIRE(load(plain, view));
  bool gone = false, window_gone = false;
  view.web_contents().on(main::render_process_gone, [&] { gone = true; });
  plain.contents().on(main::render_process_gone, [&] { window_gone = true; });
  auto pid = view.web_contents().process_id();
  REQUIRE(pid > 0);
  if (pid == plain.contents().process_id()) return conformance::skip("this backend has one process for both pages");
  REQUIRE(::kill(pid, SIGKILL) == 0);
  REQUIRE(plain.app.until([&] { return gone; }));
  bool loaded = false;
  view.web_contents().on(main::did_finish_load, [&] { loaded = true; });
  REQUIRE(view.web_contents().reload());
  CHECK(plain.app.until([&] { return loaded; }));
  CHECK_FALSE(window_gone);
}

TEST_CASE("view: what cannot be is refused by name") {
  Plain plain;
  auto view = make(plain);
  CHECK(view.set_bounds({0, 0, -1, 5}).error().code == "bounds");
  auto off = main::WebContentsView::create(*plain.app, {.web_preferences = {.offscreen = true}});
  REQUIRE_FALSE(off);
  CHECK(off.error().code == "offscreen");
  auto unknown = main::WebContentsView::create(*plain.app, {.backend = "paper"});
  REQUIRE_FALSE(unknown);
  CHECK(unknown.error().message == "Program::backends has no backend called 'paper'");
}

const char conformance::view_cases = 0;
