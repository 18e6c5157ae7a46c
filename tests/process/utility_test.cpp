#include <csignal>

#include "fixture.hpp"

using namespace mullion;
using test::TestApp;

namespace {

// Every test that asks runs once with each.
Isolation each_isolation() {
  Isolation isolation = Isolation::same_user;
  SUBCASE("same user") { isolation = Isolation::same_user; }
  SUBCASE("isolated") { isolation = Isolation::isolated; }
  return isolation;
}

main::UtilityProcess fork(TestApp& app, std::string_view name, main::UtilityProcessOptions options = {}) {
  auto process = main::UtilityProcess::fork(*app, name, std::move(options));
  REQUIRE(process);
  return *process;
}

}  // namespace

TEST_CASE("utility: messages posted at once reach it in order and come back") {
  const auto isolation = each_isolation();
  for (auto medium : {transport::Medium::automatic, transport::Medium::shm, transport::Medium::pipe}) {
    TestApp app;
    std::vector<double> heard;
    auto process = fork(app, "echo", {.transport = medium, .isolation = isolation});
    process.on(main::message, [&](Message& message) { heard.push_back(message.data.number()); });
    for (int i = 0; i < 50; ++i) REQUIRE(process.post_message(i));
    REQUIRE(app.until([&] { return heard.size() == 50; }));
    for (int i = 0; i < 50; ++i) CHECK(heard[static_cast<std::size_t>(i)] == i);
    if (medium != transport::Medium::automatic) CHECK(process.transport() == medium);
  }
}

TEST_CASE("utility: a port goes there and back and stays connected") {
  TestApp app;
  auto process = fork(app, "echo", {.isolation = each_isolation()});
  auto ends = app->create_channel();
  REQUIRE(ends);
  std::optional<StartedPort> back;
  process.on(main::message, [&](Message& message) { back.emplace(std::move(message.ports.at(0)).start()); });
  REQUIRE(process.post_message("port", std::move(ends->port1)));
  REQUIRE(app.until([&] { return back.has_value(); }));
  REQUIRE(ends->port2.post_message("still here"));
  auto receiving = back->receive();
  auto message = app.wait(std::move(receiving));
  REQUIRE(message);
  CHECK(message->data.string() == "still here");
}

TEST_CASE("utility: a page and a utility process talk through a channel that main made") {
  TestApp app;
  auto process = fork(app, "serves", {.isolation = each_isolation()});
  auto other = fork(app, "echo");
  auto ends = app->create_channel();
  REQUIRE(ends);
  std::optional<StartedPort> mine;
  other.on(main::message, [&](Message& message) { mine.emplace(std::move(message.ports.at(0)).start()); });
  REQUIRE(process.post_message("serve", std::move(ends->port1)));
  REQUIRE(other.post_message("hold", std::move(ends->port2)));
  REQUIRE(app.until([&] { return mine.has_value(); }));
  REQUIRE(mine->post_message("answer me"));
  auto receiving = mine->receive();
  auto message = app.wait(std::move(receiving));
  REQUIRE(message);
  CHECK(message->data.string() == "answer me");
  REQUIRE(::kill(process.pid(), SIGKILL) == 0);
  auto ending = mine->receive();
  auto end = app.wait(std::move(ending));
  REQUIRE_FALSE(end);
  CHECK(end.error().code == "peer-exited");
}

TEST_CASE("utility: how it ended is told once, with Electron's reasons") {
  const auto isolation = each_isolation();
  struct Row {
    const char* order;
    const char* reason;
    int code;
  };
  for (auto row : {Row{"exit 3", "abnormal-exit", 3}, Row{"error", "abnormal-exit", 1},
                   Row{"abort", "crashed", 128 + SIGABRT}, Row{"kill", "killed", 128 + SIGKILL}, Row{"go", "", 0}}) {
    CAPTURE(row.order);
    TestApp app;
    int exits = 0, code = -1;
    std::string reason;
    app->on(main::child_process_gone, [&](const main::ChildProcessGone& gone) { reason = gone.reason; });
    auto process = fork(app, "obeys", {.service_name = "Obedient", .isolation = isolation});
    process.on(main::exit, [&](int with) { ++exits, code = with; });
    REQUIRE(process.post_message(row.order));
    REQUIRE(app.until([&] { return exits == 1; }));
    CHECK(code == row.code);
    CHECK(reason == row.reason);
    CHECK(process.pid() == 0);
    auto late = process.post_message("anyone?");
    REQUIRE_FALSE(late);
    CHECK(late.error().code == "destroyed");
    CHECK_FALSE(process.kill());
  }
}

TEST_CASE("utility: kill works at once, also before it has started to run") {
  TestApp app;
  bool gone = false;
  auto process = fork(app, "serves", {.isolation = each_isolation()});
  process.on(main::exit, [&] { gone = true; });
  CHECK(process.kill());
  CHECK(app.until([&] { return gone; }));
}

TEST_CASE("utility: it gets its arguments") {
  TestApp app;
  Value heard;
  auto process = fork(app, "obeys", {.arguments = {"one", "two words"}, .isolation = each_isolation()});
  process.on(main::message, [&](Message& message) { heard = message.data; });
  REQUIRE(process.post_message("arguments"));
  REQUIRE(app.until([&] { return heard.is_array(); }));
  CHECK(heard == Value::array({"one", "two words"}));
}

TEST_CASE("utility: an unknown entry is refused by name") {
  TestApp app;
  auto process = main::UtilityProcess::fork(*app, "nobody");
  REQUIRE_FALSE(process);
  CHECK(process.error().message == "Program::utilities has no entry called 'nobody'");
}
