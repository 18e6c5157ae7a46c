#include "fixture.hpp"

using namespace mullion;
using test::TestApp;

TEST_CASE("window: created, shown, closed: each event once") {
  TestApp app;
  std::string events;
  app->on(main::browser_window_created, [&] { events += "created "; });
  auto window = app.show("idle");
  window.on(main::close, [&] { events += "close "; });
  window.on(main::closed, [&] { events += "closed "; });
  window.web_contents().on(main::destroyed, [&] { events += "destroyed "; });
  CHECK(main::BrowserWindow::get_all_windows(*app).size() == 1);
  CHECK(window.title() == "idle");
  window.close();
  REQUIRE(app.until([&] { return window.is_destroyed(); }));
  CHECK(events == "created close destroyed closed ");
  CHECK(main::BrowserWindow::get_all_windows(*app).empty());
}

TEST_CASE("window: a close listener, and the page, may keep it open; destroy asks nobody") {
  TestApp app;
  bool asked = false;
  auto window = app.show("stays");
  SUBCASE("the listener") {
    window.on(main::close, [&](CancelableEvent& event) { event.prevent_default(), asked = true; });
  }
  SUBCASE("the page") {
    window.on(main::close, [&] { asked = true; });
  }
  window.close();
  REQUIRE(app.until([&] { return asked; }));
  for (int turn = 0; turn < 3; ++turn) app.until([first = true]() mutable { return !std::exchange(first, false); });
  CHECK_FALSE(window.is_destroyed());
  window.destroy();
  CHECK(window.is_destroyed());
}

TEST_CASE("window: calls on one that is gone answer destroyed") {
  TestApp app;
  auto window = app.show("idle");
  window.destroy();
  CHECK(window.set_title("x").error().code == "destroyed");
  CHECK(window.web_contents().send("x").error().code == "destroyed");
  auto loading = window.load_url("native:idle");
  auto loaded = app.wait(std::move(loading));
  REQUIRE_FALSE(loaded);
  CHECK(loaded.error().code == "destroyed");
  CHECK(window.id() == 1);
}

TEST_CASE("window: an unknown backend is refused by name") {
  TestApp app;
  auto window = main::BrowserWindow::create(*app, {.backend = "paper"});
  REQUIRE_FALSE(window);
  CHECK(window.error().message == "Program::backends has no backend called 'paper'");
}

TEST_CASE("load: a page that is not there fails by Chromium's name and number") {
  TestApp app;
  auto window = main::BrowserWindow::create(*app);
  REQUIRE(window);
  std::string told;
  window->web_contents().on(main::did_fail_load,
                            [&](const backend::LoadFailure& failure) { told = failure.description; });
  auto loading = window->load_url("native:nowhere");
  auto loaded = app.wait(std::move(loading));
  REQUIRE_FALSE(loaded);
  CHECK(loaded.error().code == "ERR_FILE_NOT_FOUND");
  CHECK(loaded.error().message == "ERR_FILE_NOT_FOUND (-6) loading 'native:nowhere'");
  CHECK(told == "ERR_FILE_NOT_FOUND");
}

TEST_CASE("load: another load meanwhile aborts the first") {
  TestApp app;
  auto window = main::BrowserWindow::create(*app);
  REQUIRE(window);
  Tasks tasks;
  std::string first;
  tasks.spawn([](main::BrowserWindow window, std::string& first) -> Task<> {
    auto loading = window.load_url("native:idle");
    auto loaded = co_await std::move(loading);
    first = loaded ? "loaded" : loaded.error().code;
  }(*window, first));
  auto loading = window->load_url("native:stays");
  REQUIRE(app.wait(std::move(loading)));
  CHECK(first == "ERR_ABORTED");
  CHECK(window->web_contents().url() == "native:stays");
}

TEST_CASE("preload: an error is told as preload-error, and the page loads all the same") {
  TestApp app;
  std::string failed;
  auto window = main::BrowserWindow::create(*app, {.web_preferences = {.preload = "failing"}});
  REQUIRE(window);
  window->web_contents().on(main::preload_error,
                            [&](const main::PreloadError& error) { failed = error.path + ": " + error.error.message; });
  auto loading = window->load_url("native:idle");
  REQUIRE(app.wait(std::move(loading)));
  REQUIRE(app.until([&] { return !failed.empty(); }));
  CHECK(failed == "failing: this preload fails");
}

TEST_CASE("preload: it gets its arguments and the document's url") {
  TestApp app;
  std::vector<Value> heard;
  app->ipc_main().on("arguments",
                     [&](const main::IpcMainEvent&, std::vector<Value> arguments) { heard = std::move(arguments); });
  auto window = main::BrowserWindow::create(
      *app, {.web_preferences = {.preload = "talker", .additional_arguments = {"--a", "b c"}}});
  REQUIRE(window);
  auto loading = window->load_url("native:idle");
  REQUIRE(app.wait(std::move(loading)));
  REQUIRE(window->web_contents().send("arguments"));
  REQUIRE(app.until([&] { return !heard.empty(); }));
  CHECK(heard[0] == Value::array({"--a", "b c"}));
  CHECK(heard[1].string() == "native:idle");
}

TEST_CASE("bridge: a native page reaches what its preload exposed, and nothing else") {
  TestApp app;
  std::vector<std::string> notes;
  app->ipc_main().on(test::note,
                     [&](const main::IpcMainEvent&, Table<Note> said) { notes.push_back(said->text()->str()); });
  REQUIRE(app->ipc_main().handle(test::ask, [](main::InvokeEvent, Table<Question> question) {
    ReplyT reply;
    reply.text = "long";
    reply.length = question->text()->size();
    return reply;
  }));
  auto window = app.show("uses-api", "bridge");
  REQUIRE(app.until([&] { return notes.size() == 5; }));
  CHECK(notes[0] == "1.0");
  CHECK(notes[1] == "42");
  CHECK(notes[2] == "25");
  CHECK(notes[3] == "{ text: 'long', length: 9n }");
  CHECK(notes[4] == "the preload exposed no function called api.missing");
}

TEST_CASE("renderer: killed, it is reported with its reason; reload brings the page back") {
  TestApp app;
  std::string reason;
  auto window = app.show("idle", "talker");
  auto contents = window.web_contents();
  contents.on(main::render_process_gone, [&](const main::RenderProcessGone& gone) { reason = gone.reason; });
  contents.forcefully_crash_renderer();
  REQUIRE(app.until([&] { return !reason.empty(); }));
  CHECK(reason == "killed");
  CHECK(contents.is_crashed());
  CHECK(contents.send("echo").error().code == "crashed");
  bool finished = false;
  contents.on(main::did_finish_load, [&] { finished = true; });
  REQUIRE(contents.reload());
  REQUIRE(app.until([&] { return finished; }));
  CHECK_FALSE(contents.is_crashed());
  bool echoed = false;
  app->ipc_main().on("echoed", [&](const main::IpcMainEvent&, std::vector<Value>) { echoed = true; });
  REQUIRE(contents.send("echo"));
  CHECK(app.until([&] { return echoed; }));
}

TEST_CASE("renderer: killed before it has said anything, the load fails all the same") {
  TestApp app;
  auto window = main::BrowserWindow::create(*app);
  REQUIRE(window);
  Tasks tasks;
  std::string code;
  tasks.spawn([](main::BrowserWindow window, std::string& code) -> Task<> {
    auto loading = window.load_url("native:idle");
    auto loaded = co_await std::move(loading);
    code = loaded ? "loaded" : loaded.error().code;
  }(*window, code));
  window->web_contents().forcefully_crash_renderer();
  REQUIRE(app.until([&] { return !code.empty(); }));
  CHECK(code == "ERR_FAILED");
}

TEST_CASE("ports: main's port to a page echoes, and closes with a reason when the page's process dies") {
  TestApp app;
  auto window = app.show("echoes", "talker");
  auto ends = app->create_channel();
  REQUIRE(ends);
  REQUIRE(window.web_contents().post_message("pass", "", std::move(ends->port2)));
  auto port = std::move(ends->port1).start();
  REQUIRE(port.post_message("there"));
  auto receiving = port.receive();
  auto message = app.wait(std::move(receiving));
  REQUIRE(message);
  CHECK(message->data.string() == "there");
  window.web_contents().forcefully_crash_renderer();
  auto ending = port.receive();
  auto end = app.wait(std::move(ending));
  REQUIRE_FALSE(end);
  CHECK(end.error().code == "peer-exited");
}
