// What needs no script: windows, loads, native preloads, processes.
#include <csignal>

#include "kit.hpp"

using namespace mullion;
using conformance::Plain;
using conformance::subject;

TEST_CASE("window: it opens, loads a page and closes, each told once") {
  Plain plain;
  std::string events;
  plain.contents().on(main::did_finish_load, [&] { events += "loaded "; });
  plain.window.on(main::closed, [&] { events += "closed"; });
  auto loaded = plain.load(subject().page);
  REQUIRE_MESSAGE(loaded, (loaded ? "" : loaded.error().message));
  CHECK(plain.contents().url() == subject().page);
  plain.window.close();
  REQUIRE(plain.app.until([&] { return plain.window.is_destroyed(); }));
  CHECK(events == "loaded closed");
}

TEST_CASE("window: a close listener keeps it open, destroy asks nobody") {
  Plain plain;
  REQUIRE(plain.load(subject().page));
  auto veto = plain.window.on(main::close, [](CancelableEvent& event) { event.prevent_default(); });
  plain.window.close();
  CHECK_FALSE(plain.window.is_destroyed());
  CHECK(plain.contents().url() == subject().page);
  plain.window.off(veto);
  plain.window.destroy();
  CHECK(plain.window.is_destroyed());
}

TEST_CASE("window: three at once, each with its page and its preload") {
  Plain plain;
  auto second = plain.app.open({.title = "second", .web_preferences = {.preload = "talker"}});
  auto third = plain.app.open({.title = "third", .web_preferences = {.preload = "talker"}});
  REQUIRE(plain.load(subject().page));
  for (auto window : {second, third}) {
    auto loading = window.web_contents().load_url(subject().page);
    REQUIRE(plain.app.wait(std::move(loading)));
  }
  std::vector<std::uint32_t> heard;
  plain.app->ipc_main().on(
      "echoed", [&](const main::IpcMainEvent& event, std::vector<Value>) { heard.push_back(event.sender.id()); });
  REQUIRE(third.web_contents().send("echo", {3}));
  REQUIRE(plain.app.until([&] { return heard.size() == 1; }));
  REQUIRE(second.web_contents().send("echo", {2}));
  REQUIRE(plain.app.until([&] { return heard.size() == 2; }));
  CHECK(heard == std::vector{third.web_contents().id(), second.web_contents().id()});
}

TEST_CASE("load: events come in their order") {
  Plain plain;
  std::string events;
  auto contents = plain.contents();
  contents.on(main::did_start_loading, [&] { events += "start "; });
  contents.on(main::did_navigate, [&] { events += "navigate "; });
  contents.on(main::did_finish_load, [&] { events += "finish "; });
  contents.on(main::did_stop_loading, [&] { events += "stop"; });
  REQUIRE(plain.load(subject().page));
  REQUIRE(plain.app.until([&] { return events.ends_with("stop"); }));
  CHECK(events == "start navigate finish stop");
  CHECK_FALSE(contents.is_loading());
}

TEST_CASE("load: a page that is not there fails by Chromium's name, and is told") {
  Plain plain;
  std::string told;
  plain.contents().on(main::did_fail_load, [&](const backend::LoadFailure& failure) { told = failure.description; });
  auto loaded = plain.load(subject().missing);
  REQUIRE_FALSE(loaded);
  CHECK(loaded.error().code == "ERR_FILE_NOT_FOUND");
  CHECK(told == "ERR_FILE_NOT_FOUND");
}

TEST_CASE("load: another load meanwhile aborts the first") {
  Plain plain;
  auto first = plain.contents().load_url(subject().missing);
  std::optional<Result<>> outcome;
  Tasks tasks;
  tasks.spawn([](Task<Result<>> task, std::optional<Result<>>& outcome) -> Task<> {
    outcome.emplace(co_await std::move(task));
  }(std::move(first), outcome));
  REQUIRE(plain.load(subject().page));
  REQUIRE(plain.app.until([&] { return outcome.has_value(); }));
  REQUIRE_FALSE(*outcome);
  CHECK(outcome->error().code == "ERR_ABORTED");
}

TEST_CASE("load: reload shows the page again") {
  Plain plain;
  REQUIRE(plain.load(subject().page));
  int loads = 0;
  plain.contents().on(main::did_finish_load, [&] { ++loads; });
  REQUIRE(plain.contents().reload());
  CHECK(plain.app.until([&] { return loads == 1; }));
}

TEST_CASE("preload: a native one runs for each document, with its arguments and the document's url") {
  Plain plain({.web_preferences = {.preload = "talker", .additional_arguments = {"one", "two"}}});
  Value heard;
  plain.app->ipc_main().on("arguments",
                           [&](const main::IpcMainEvent&, std::vector<Value> told) { heard = Value::array(told); });
  REQUIRE(plain.load(subject().page));
  REQUIRE(plain.contents().send("arguments"));
  REQUIRE(plain.app.until([&] { return heard.is_array(); }));
  CHECK(heard[0].inspect() == "[ 'one', 'two' ]");
  CHECK(heard[1].string() == subject().page);
}

TEST_CASE("preload: one that fails is told, and the page loads all the same") {
  Plain plain({.web_preferences = {.preload = "failing"}});
  std::string told;
  plain.contents().on(main::preload_error, [&](const main::PreloadError& error) { told = error.error.code; });
  CHECK(plain.load(subject().page));
  CHECK(plain.app.until([&] { return told == "on-purpose"; }));
}

TEST_CASE("ipc: a native preload is spoken to, answers, and asks in place") {
  Plain plain({.web_preferences = {.preload = "talker"}});
  REQUIRE(plain.load(subject().page));
  Value echoed, answered;
  auto& ipc = plain.app->ipc_main();
  ipc.on("echoed", [&](const main::IpcMainEvent&, std::vector<Value> back) { echoed = Value::array(back); });
  ipc.on("question", [](const main::IpcMainEvent& event, std::vector<Value> asked) {
    event.return_value(Value(asked.at(0).number() + 1));
  });
  ipc.on("answered", [&](const main::IpcMainEvent&, std::vector<Value> back) { answered = back.at(0); });
  REQUIRE(plain.contents().send("echo", {1, "two", Value{{"three", 3}}}));
  REQUIRE(plain.contents().send("sync", {41}));
  REQUIRE(plain.app.until([&] { return answered.is_number(); }));
  CHECK(echoed.inspect() == "[ 1, 'two', { three: 3 } ]");
  CHECK(answered.number() == 42);
}

TEST_CASE("frame: a page without iframes has one, its own, and its messages come from there") {
  Plain plain({.web_preferences = {.preload = "talker", .preload_in_sub_frames = true}});
  REQUIRE(plain.load(subject().page));
  std::optional<main::WebFrame> from;
  plain.app->ipc_main().on("echoed",
                           [&](const main::IpcMainEvent& event, std::vector<Value>) { from = event.sender_frame; });
  auto frame = plain.contents().main_frame();
  REQUIRE(frame.send("echo", {1}));
  REQUIRE(plain.app.until([&] { return from.has_value(); }));
  CHECK(*from == frame);
  CHECK(plain.contents().frames() == std::vector{frame});
  CHECK(frame.is_main());
  CHECK(frame.top() == frame);
  CHECK(frame.url() == subject().page);
  CHECK(frame.process_id() == plain.contents().process_id());
  plain.window.destroy();
  CHECK(frame.is_destroyed());
}

TEST_CASE("ports: a native preload and a utility process talk, and a killed one is peer-exited") {
  Plain plain({.web_preferences = {.preload = "talker"}});
  REQUIRE(plain.load(subject().page));
  std::vector<std::string> heard;
  plain.app->ipc_main().on(
      "port", [&](const main::IpcMainEvent&, std::vector<Value> said) { heard.push_back(said.at(0).string()); });
  auto worker = main::UtilityProcess::fork(*plain.app, "echo");
  REQUIRE(worker);
  auto ends = plain.app->create_channel();
  REQUIRE(ends);
  REQUIRE(worker->post_message("serve", std::move(ends->port1)));
  REQUIRE(plain.contents().post_message("keep", "", std::move(ends->port2)));
  REQUIRE(plain.app.until([&] { return heard.size() == 1; }));
  REQUIRE(worker->kill());
  REQUIRE(plain.app.until([&] { return heard.size() == 2; }));
  CHECK(heard == std::vector<std::string>{"back: hello", "closed: peer-exited"});
}

TEST_CASE("crash: a killed renderer is told with its reason, calls answer crashed, reload brings the page back") {
  Plain plain({.web_preferences = {.preload = "talker"}});
  REQUIRE(plain.load(subject().page));
  std::string reason;
  plain.contents().on(main::render_process_gone, [&](const main::RenderProcessGone& gone) { reason = gone.reason; });
  auto pid = plain.contents().process_id();
  REQUIRE(pid > 0);
  REQUIRE(::kill(pid, SIGKILL) == 0);
  REQUIRE(plain.app.until([&] { return !reason.empty(); }));
  CHECK(reason == "killed");
  CHECK(plain.contents().is_crashed());
  auto sent = plain.contents().send("echo");
  REQUIRE_FALSE(sent);
  CHECK(sent.error().code == "crashed");
  int loads = 0;
  bool echoed = false;
  plain.contents().on(main::did_finish_load, [&] { ++loads; });
  plain.app->ipc_main().on("echoed", [&](const main::IpcMainEvent&, std::vector<Value>) { echoed = true; });
  REQUIRE(plain.contents().reload());
  REQUIRE(plain.app.until([&] { return loads == 1; }));
  CHECK_FALSE(plain.contents().is_crashed());
  REQUIRE(plain.contents().send("echo"));
  CHECK(plain.app.until([&] { return echoed; }));
}

TEST_CASE("quit: closes every window, then the app") {
  Plain plain;
  auto second = plain.app.open({});
  REQUIRE(plain.load(subject().page));
  std::string events;
  plain.window.on(main::closed, [&] { events += "closed "; });
  second.on(main::closed, [&] { events += "closed "; });
  plain.app->on(main::will_quit, [&] { events += "will-quit "; });
  plain.app->on(main::quit, [&] { events += "quit"; });
  plain.app->quit();
  REQUIRE(plain.app.until([&] { return events.ends_with("quit") && !events.ends_with("will-quit"); }));
  CHECK(events == "closed closed will-quit quit");
}

const char conformance::lifecycle_cases = 0;
