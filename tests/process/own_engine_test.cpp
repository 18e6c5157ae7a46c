#include <csignal>

#include "fixture.hpp"

using namespace mullion;
using test::TestApp;

namespace {

struct EngineWindow {
  main::BrowserWindow window;
  main::WebContents contents;

  explicit EngineWindow(TestApp& app, const std::string& title = "", bool in_sub_frames = false)
      : window(app.open({.title = title,
                         .backend = "own-engine",
                         .web_preferences = {.preload = "talker",
                                             .additional_arguments = {title},
                                             .preload_in_sub_frames = in_sub_frames}})),
        contents(window.web_contents()) {}
};

Result<> load(TestApp& app, EngineWindow& window, const std::string& url) {
  auto loading = window.contents.load_url(url);
  return app.wait(std::move(loading));
}

// Who answers, and with what arguments.
std::string ask(TestApp& app, EngineWindow& window) {
  std::string heard;
  Scope scope;
  auto id = app->ipc_main().on("arguments", [&](const main::IpcMainEvent& event, std::vector<Value> arguments) {
    heard = std::to_string(event.sender.id()) + " " + arguments.at(0).inspect() + " " + arguments.at(1).string();
  });
  if (auto sent = window.contents.send("arguments"); !sent) heard = sent.error().code;
  (void)app.until([&] { return !heard.empty(); });
  app->ipc_main().off(id);
  return heard;
}

bool bound(TestApp& app, EngineWindow& window) {
  return app.until([&] { return window.contents.process_id() != 0; });
}

}  // namespace

TEST_CASE("own engine: a process that main did not start shows a view's introduction and is its renderer") {
  TestApp app;
  EngineWindow window(app, "one");
  REQUIRE(load(app, window, "engine:1"));
  REQUIRE(bound(app, window));
  CHECK(ask(app, window) == "1 [ 'one' ] engine:1");
}

TEST_CASE("own engine: one process shows two views, each with its own arguments and messages") {
  TestApp app;
  EngineWindow first(app, "first"), second(app, "second");
  REQUIRE(load(app, first, "engine:1"));
  REQUIRE(load(app, second, "engine:1"));
  REQUIRE(bound(app, first));
  REQUIRE(bound(app, second));
  CHECK(first.contents.process_id() == second.contents.process_id());
  CHECK(ask(app, second) == "2 [ 'second' ] engine:1");
  CHECK(ask(app, first) == "1 [ 'first' ] engine:1");
}

TEST_CASE("own engine: a view moves to another process, and the old one is not heard any more") {
  TestApp app;
  EngineWindow window(app, "moves");
  REQUIRE(load(app, window, "engine:1"));
  REQUIRE(bound(app, window));
  auto before = window.contents.process_id();
  REQUIRE(load(app, window, "engine:2"));
  REQUIRE(app.until([&] { return window.contents.process_id() != before && window.contents.process_id() != 0; }));
  CHECK(ask(app, window) == "1 [ 'moves' ] engine:2");
}

TEST_CASE("own engine: a process that claims a view which it does not show loses its link, and the view goes on") {
  TestApp app;
  EngineWindow other(app, "other"), window(app, "mine");
  REQUIRE(load(app, other, "engine:5"));
  REQUIRE(bound(app, other));
  std::string gone;
  other.contents.on(main::render_process_gone, [&](const main::RenderProcessGone& how) { gone = how.reason; });
  REQUIRE(load(app, window, "engine:2,5"));
  REQUIRE(bound(app, window));
  CHECK(app.until([&] { return !gone.empty(); }));
  CHECK(ask(app, window) == "2 [ 'mine' ] engine:2,5");
}

TEST_CASE("own engine: an old introduction is worth nothing") {
  TestApp app;
  EngineWindow window(app, "late");
  auto first = window.contents.load_url("engine:1");
  REQUIRE(load(app, window, "engine:2"));
  REQUIRE(bound(app, window));
  CHECK(ask(app, window) == "1 [ 'late' ] engine:2");
}

TEST_CASE("own engine: its process killed, the view says so, and a reload is shown by a new one") {
  TestApp app;
  EngineWindow window(app, "killed");
  REQUIRE(load(app, window, "engine:1"));
  REQUIRE(bound(app, window));
  std::string gone;
  window.contents.on(main::render_process_gone, [&](const main::RenderProcessGone& how) { gone = how.reason; });
  REQUIRE(::kill(window.contents.process_id(), SIGKILL) == 0);
  REQUIRE(app.until([&] { return !gone.empty(); }));
  CHECK(window.contents.send("arguments").error().code == "crashed");
  REQUIRE(load(app, window, "engine:2"));
  REQUIRE(bound(app, window));
  CHECK(ask(app, window) == "1 [ 'killed' ] engine:2");
}

TEST_CASE("own engine: a frame that was taken away takes no messages") {
  TestApp app;
  EngineWindow window(app, "gone");
  REQUIRE(load(app, window, "engine:1"));
  REQUIRE(bound(app, window));
  window.contents.stop();
  REQUIRE(app.until([&] { return window.contents.process_id() == 0; }));
  CHECK(window.contents.send("arguments").error().code == "crashed");
}

namespace {

// Where what that frame answers comes from: the frame's address, and whether the event names that very frame.
std::string ask_frame(TestApp& app, const main::WebFrame& frame) {
  std::string heard;
  auto id = app->ipc_main().on("arguments", [&](const main::IpcMainEvent& event, std::vector<Value>) {
    heard = event.sender_frame.url() + (event.sender_frame == frame ? " itself" : " another");
  });
  if (auto sent = frame.send("arguments"); !sent) heard = sent.error().code;
  (void)app.until([&] { return !heard.empty(); });
  app->ipc_main().off(id);
  return heard;
}

}  // namespace

TEST_CASE("own engine: a frame within a page, of another process, has its preload and its own way to main") {
  TestApp app;
  EngineWindow window(app, "frames", true);
  REQUIRE(load(app, window, "engine:2;5"));
  REQUIRE(bound(app, window));
  REQUIRE(app.until([&] { return window.contents.frames().size() == 2; }));
  auto page = window.contents.frames()[0], frame = window.contents.frames()[1];
  CHECK(page.is_main());
  CHECK_FALSE(frame.is_main());
  CHECK(frame.top() == page);
  CHECK(frame.process_id() != window.contents.process_id());
  CHECK(ask_frame(app, frame) == "engine:2;5#5 itself");
  CHECK(ask_frame(app, page) == "engine:2;5 itself");
}

TEST_CASE("own engine: frames within a page that is not the window's wish have no introduction") {
  TestApp app;
  EngineWindow window(app, "alone");
  REQUIRE(load(app, window, "engine:2;5"));
  REQUIRE(bound(app, window));
  CHECK(ask(app, window) == "1 [ 'alone' ] engine:2;5");
  CHECK(window.contents.frames().size() == 1);
}

TEST_CASE("own engine: who claims another process's frame within a page loses its link, and the page goes on") {
  TestApp app;
  EngineWindow other(app, "other"), window(app, "mine", true);
  REQUIRE(load(app, other, "engine:5"));
  REQUIRE(bound(app, other));
  std::string gone;
  other.contents.on(main::render_process_gone, [&](const main::RenderProcessGone& how) { gone = how.reason; });
  REQUIRE(load(app, window, "engine:2!5"));
  REQUIRE(bound(app, window));
  CHECK(app.until([&] { return !gone.empty(); }));
  CHECK(window.contents.frames().size() == 1);
  CHECK(ask(app, window) == "2 [ 'mine' ] engine:2!5");
}

TEST_CASE("own engine: who shows a frame within a page and claims the page loses that too, and the page goes on") {
  TestApp app;
  EngineWindow window(app, "mine", true);
  REQUIRE(load(app, window, "engine:2;5"));
  REQUIRE(bound(app, window));
  REQUIRE(app.until([&] { return window.contents.frames().size() == 2; }));
  auto frame = window.contents.frames()[1];
  REQUIRE(load(app, window, "engine:2,5"));
  CHECK(app.until([&] { return frame.is_destroyed(); }));
  CHECK(frame.send("arguments").error().code == "destroyed");
  CHECK(ask(app, window) == "1 [ 'mine' ] engine:2,5");
}

TEST_CASE("own engine: a frame within a page ends with its process, and the page does not") {
  TestApp app;
  EngineWindow window(app, "killed", true);
  REQUIRE(load(app, window, "engine:2;5"));
  REQUIRE(bound(app, window));
  REQUIRE(app.until([&] { return window.contents.frames().size() == 2; }));
  auto frame = window.contents.frames()[1];
  REQUIRE(::kill(frame.process_id(), SIGKILL) == 0);
  CHECK(app.until([&] { return frame.is_destroyed(); }));
  CHECK(frame.url().empty());
  CHECK_FALSE(window.contents.is_crashed());
  CHECK(ask(app, window) == "1 [ 'killed' ] engine:2;5");
}
