// Pages that do not answer.
#include "kit.hpp"

using namespace mullion;
using conformance::Plain;
using conformance::subject;

TEST_SUITE_BEGIN("script");

namespace {

// A window whose page is told to be unresponsive soon, and what was told of it.
struct Watched : Plain {
  Scope listening;
  std::string events;

  Watched() : Plain({.web_preferences = {.preload = "talker", .unresponsive_after_ms = 500}}) {
    REQUIRE(load(subject().page));
    contents().on(listening, main::unresponsive, [this] { events += "unresponsive "; });
    contents().on(listening, main::responsive, [this] { events += "responsive "; });
    contents().on(listening, main::render_process_gone,
                  [this](const main::RenderProcessGone& gone) { events += gone.reason + " "; });
    contents().on(listening, main::did_finish_load, [this] { events += "loaded "; });
  }
  Result<Value> run(const std::string& script) {
    auto running = contents().execute_java_script(script);
    return app.wait(std::move(running));
  }
};

}  // namespace

TEST_CASE("hang: a page that is busy for long is unresponsive, and responsive when it answers again, each told once") {
  Watched page;
  auto busy = page.run("for (const end = Date.now() + 2500; Date.now() < end;); 7");
  REQUIRE(busy);
  CHECK(busy->number() == 7);
  REQUIRE(page.app.until([&] { return page.events.ends_with(" responsive "); }));
  CHECK(page.events == "unresponsive responsive ");
}

TEST_CASE("hang: one that spins for ever is ended by forcefully_crash_renderer, and reload brings it back") {
  Watched page;
  auto spinning = page.contents().execute_java_script("for (;;);");
  std::optional<Result<Value>> outcome;
  Tasks tasks;
  tasks.spawn([](Task<Result<Value>> task, std::optional<Result<Value>>& outcome) -> Task<> {
    outcome.emplace(co_await std::move(task));
  }(std::move(spinning), outcome));
  REQUIRE(page.app.until([&] { return page.events == "unresponsive "; }));
  CHECK_FALSE(outcome);
  page.contents().forcefully_crash_renderer();
  REQUIRE(page.app.until([&] { return page.events.ends_with("killed ") && outcome; }));
  REQUIRE_FALSE(*outcome);
  CHECK(outcome->error().code == "crashed");
  REQUIRE(page.contents().reload());
  REQUIRE(page.app.until([&] { return page.events.ends_with("loaded "); }));
  CHECK(page.events == "unresponsive killed loaded ");
  auto answer = page.run("6 * 7");
  REQUIRE(answer);
  CHECK(answer->number() == 42);
}

TEST_CASE("hang: a page that waits for main answers") {
  Watched page;
  std::optional<main::IpcMainEvent> question;
  Timer later;
  bool answered = false;
  page.app->ipc_main().on("question", [&](const main::IpcMainEvent& event, std::vector<Value>) {
    later = Timer(page.app.loop(), 1500, [event] { event.return_value(Value(1)); });
  });
  page.app->ipc_main().on("answered", [&](const main::IpcMainEvent&, std::vector<Value>) { answered = true; });
  REQUIRE(page.contents().send("sync", {1}));
  REQUIRE(page.app.until([&] { return answered; }));
  CHECK(page.events.empty());
}

TEST_SUITE_END();

const char conformance::hang_cases = 0;
