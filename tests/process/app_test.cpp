#include "fixture.hpp"

using namespace mullion;
using test::TestApp;

TEST_CASE("app: before it is ready there are no windows and no utility processes") {
  auto loop = Loop::create();
  REQUIRE(loop);
  auto app = main::App::attach(**loop, test::test_program());
  REQUIRE(app);
  auto window = main::BrowserWindow::create(**app);
  REQUIRE_FALSE(window);
  CHECK(window.error().message == "Cannot create BrowserWindow before app is ready");
  CHECK_FALSE(main::UtilityProcess::fork(**app, "echo"));
}

TEST_CASE("app: quit asks before-quit, closes the windows, then will-quit and quit") {
  TestApp app;
  std::string events;
  app->on(main::before_quit, [&] { events += "before-quit "; });
  app->on(main::will_quit, [&] { events += "will-quit "; });
  app->on(main::quit, [&](int code) { events += "quit " + std::to_string(code); });
  auto window = app.show("idle");
  window.on(main::closed, [&] { events += "closed "; });
  app->quit();
  app->quit();
  REQUIRE(app.until([&] { return events.ends_with("quit 0"); }));
  CHECK(events == "before-quit closed will-quit quit 0");
}

TEST_CASE("app: a veto stops the quit, and the next one asks again") {
  TestApp app;
  int asked = 0;
  bool ended = false;
  app->on(main::quit, [&] { ended = true; });
  SUBCASE("by before-quit") {
    app->on(main::before_quit, [&](CancelableEvent& event) {
      if (++asked == 1) event.prevent_default();
    });
  }
  SUBCASE("by a window") {
    auto window = app.show("idle");
    window.on(main::close, [&](CancelableEvent& event) {
      if (++asked == 1) event.prevent_default();
    });
  }
  SUBCASE("by will-quit") {
    app->on(main::will_quit, [&](CancelableEvent& event) {
      if (++asked == 1) event.prevent_default();
    });
  }
  app->quit();
  REQUIRE(app.until([&] { return asked == 1; }));
  CHECK_FALSE(ended);
  app->quit();
  CHECK(app.until([&] { return ended; }));
}

TEST_CASE("app: window-all-closed comes when the last window went; exit asks nobody") {
  TestApp app;
  int all_closed = 0, code = -1;
  app->on(main::window_all_closed, [&] { ++all_closed; });
  auto first = app.show("idle"), second = app.show("idle");
  first.destroy();
  CHECK(all_closed == 0);
  second.destroy();
  CHECK(all_closed == 1);
  auto third = app.show("stays");
  app->on(main::before_quit, [&](CancelableEvent& event) { event.prevent_default(); });
  app->on(main::quit, [&](int with) { code = with; });
  app->exit(7);
  CHECK(code == 7);
  CHECK(third.is_destroyed());
}

TEST_CASE("app: the metrics name every process with its role, pid and memory") {
  TestApp app;
  auto window = app.show("idle");
  auto worker = main::UtilityProcess::fork(*app, "echo", {.service_name = "Echo"});
  REQUIRE(worker);
  auto rows = app->get_app_metrics();
  REQUIRE(rows.size() == 3);
  CHECK(rows[0].type == "Browser");
  CHECK(rows[1].type == "Tab");
  CHECK(rows[1].pid == window.web_contents().process_id());
  CHECK(rows[2].type == "Utility");
  CHECK(rows[2].name == "Echo");
  for (const auto& row : rows) CHECK(row.memory_bytes > 0);
}
