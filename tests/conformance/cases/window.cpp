// How a window stands: bounds, visibility, focus. It is the same where nothing is on a screen.
#include "kit.hpp"

using namespace mullion;
using conformance::Plain;
using conformance::subject;

namespace {

// What becomes of a window, in order.
struct Told {
  explicit Told(const main::BrowserWindow& window) {
    for (const auto* each : {&main::resized, &main::moved, &main::show, &main::hide, &main::focus, &main::blur})
      window.on(*each, [this, each] { events.append(each->name) += ' '; });
  }
  bool has(std::string_view event) const { return events.find(event) != std::string::npos; }
  std::string events;
};

}  // namespace

TEST_CASE("window: it opens where its options say") {
  Plain plain({.width = 320, .height = 240, .x = 50, .y = 60});
  CHECK(plain.window.bounds() == Rectangle{50, 60, 320, 240});
  CHECK(plain.window.is_visible());
  CHECK_FALSE(plain.window.is_minimized());
}

TEST_CASE("window: x without y, and bounds that no screen has, are refused by name") {
  Plain plain;
  main::BrowserWindowOptions half{.x = 10};
  auto one = main::BrowserWindow::create(*plain.app, half);
  REQUIRE_FALSE(one);
  CHECK(one.error().message == "give both x and y, or neither");
  main::BrowserWindowOptions flat{.height = 0};
  CHECK_FALSE(main::BrowserWindow::create(*plain.app, flat));
  auto bounds = plain.window.bounds();
  auto set = plain.window.set_bounds({0, 0, -1, 100});
  REQUIRE_FALSE(set);
  CHECK(set.error().code == "bounds");
  CHECK(plain.window.bounds() == bounds);
}

TEST_CASE("window: set_bounds moves and resizes it, and each is told once") {
  Plain plain({.width = 320, .height = 240, .x = 50, .y = 60});
  Told told(plain.window);
  REQUIRE(plain.window.set_bounds({50, 60, 400, 300}));
  CHECK_FALSE(told.has("resize"));
  REQUIRE(plain.app.until([&] { return told.has("resize"); }));
  CHECK(plain.window.bounds() == Rectangle{50, 60, 400, 300});
  CHECK_FALSE(told.has("move"));
  REQUIRE(plain.window.set_bounds({70, 80, 400, 300}));
  REQUIRE(plain.app.until([&] { return told.has("move"); }));
  CHECK(plain.window.bounds() == Rectangle{70, 80, 400, 300});
  CHECK(told.events.find("resize") == told.events.rfind("resize"));
}

TEST_CASE("window: hidden and shown again, each told once; one that was made hidden is not visible") {
  Plain plain({.show = false});
  CHECK_FALSE(plain.window.is_visible());
  CHECK_FALSE(plain.window.is_focused());
  Told told(plain.window);
  plain.window.show();
  REQUIRE(plain.app.until([&] { return told.has("show") && told.has("focus"); }));
  CHECK(plain.window.is_visible());
  plain.window.hide();
  REQUIRE(plain.app.until([&] { return told.has("hide"); }));
  CHECK_FALSE(plain.window.is_visible());
  CHECK(told.events.find("show") == told.events.rfind("show"));
  CHECK(plain.load(subject().page));
}

TEST_CASE("window: the focus goes from one to the other, and both are told") {
  Plain plain;
  REQUIRE(plain.app.until([&] { return plain.window.is_focused(); }));
  auto second = plain.app.open({.title = "second"});
  REQUIRE(plain.app.until([&] { return second.is_focused() && !plain.window.is_focused(); }));
  Told first_told(plain.window), second_told(second);
  std::string app_told;
  plain.app->on(main::browser_window_focus,
                [&](const main::BrowserWindow& window) { app_told += window == plain.window ? "first " : "second "; });
  plain.window.focus();
  REQUIRE(plain.app.until([&] { return first_told.has("focus") && second_told.has("blur"); }));
  CHECK(plain.app.until([&] {  // a display server may take it away and give it back
    return main::BrowserWindow::get_focused_window(*plain.app) == plain.window && !second.is_focused();
  }));
  REQUIRE(plain.app.until([&] { return app_told.ends_with("first "); }));
}

TEST_CASE("window: one that is gone keeps its bounds, and is neither visible nor focused") {
  Plain plain({.width = 320, .height = 240, .x = 50, .y = 60});
  plain.window.destroy();
  CHECK(plain.window.bounds() == Rectangle{50, 60, 320, 240});
  CHECK_FALSE(plain.window.is_visible());
  CHECK_FALSE(plain.window.is_focused());
  plain.window.show();
  CHECK_FALSE(plain.window.is_visible());
  CHECK(plain.window.set_bounds({0, 0, 10, 10}).error().code == "destroyed");
}

const char conformance::window_cases = 0;
