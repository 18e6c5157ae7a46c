#include "fixture.hpp"

using namespace mullion;
using test::TestApp;

namespace {

// Collects what arrives on a channel.
struct Heard {
  Heard(main::App& app, std::string_view channel) {
    app.ipc_main().on(channel, [this](const main::IpcMainEvent&, std::vector<Value> arguments) {
      messages.push_back(std::move(arguments));
    });
  }
  std::vector<std::vector<Value>> messages;
};

}  // namespace

TEST_CASE("ipc: main sends, the preload answers, arguments arrive as they were") {
  TestApp app;
  Heard echoed(*app, "echoed");
  auto window = app.show("idle", "talker");
  Value object{{"a", 1}, {"b", Value::array({true, nullptr, "text"})}};
  REQUIRE(window.web_contents().send("echo", {1, "two", object}));
  REQUIRE(app.until([&] { return !echoed.messages.empty(); }));
  CHECK(echoed.messages[0] == std::vector<Value>{1, "two", object});
}

TEST_CASE("ipc: what is sent before the first load reaches the first document's preload") {
  TestApp app;
  Heard echoed(*app, "echoed");
  auto window = main::BrowserWindow::create(*app, {.web_preferences = {.preload = "talker"}});
  REQUIRE(window);
  auto loading = window->load_url("native:idle");
  REQUIRE(app.wait(std::move(loading)));
  REQUIRE(window->web_contents().send("echo", {"early"}));
  REQUIRE(app.until([&] { return !echoed.messages.empty(); }));
  CHECK(echoed.messages[0][0].string() == "early");
}

TEST_CASE("ipc: a once listener of the preload hears one message") {
  TestApp app;
  Heard had(*app, "had-once"), echoed(*app, "echoed");
  auto window = app.show("idle", "talker");
  for (const char* channel : {"once", "once", "echo"}) REQUIRE(window.web_contents().send(channel, {}));
  REQUIRE(app.until([&] { return !echoed.messages.empty(); }));
  CHECK(had.messages.size() == 1);
}

TEST_CASE("ipc: listeners of main run in order, off removes one, once hears one message") {
  TestApp app;
  std::string order;
  auto& ipc = app->ipc_main();
  ipc.on("echoed", [&](const main::IpcMainEvent&, std::vector<Value>) { order += 'a'; });
  auto removed = ipc.on("echoed", [&](const main::IpcMainEvent&, std::vector<Value>) { order += 'b'; });
  ipc.once("echoed", [&](const main::IpcMainEvent&, std::vector<Value>) { order += 'c'; });
  ipc.off(removed);
  auto window = app.show("idle", "talker");
  REQUIRE(window.web_contents().send("echo", {}));
  REQUIRE(window.web_contents().send("echo", {}));
  REQUIRE(app.until([&] { return order.size() >= 3; }));
  CHECK(order == "aca");
}

TEST_CASE("ipc: send_sync waits for main's return value") {
  TestApp app;
  Heard answered(*app, "answered");
  app->ipc_main().on("question", [](const main::IpcMainEvent& event, std::vector<Value> arguments) {
    event.return_value(Value(arguments.at(0).number() + 1));
    event.return_value("the second answer does not count");
  });
  auto window = app.show("idle", "talker");
  REQUIRE(window.web_contents().send("sync", {41}));
  REQUIRE(app.until([&] { return !answered.messages.empty(); }));
  CHECK(answered.messages[0][0] == 42);
}

TEST_CASE("ipc: send_sync that nobody answers gets an error, not a hang") {
  TestApp app;
  Heard answered(*app, "answered");
  auto window = app.show("idle", "talker");
  SUBCASE("no listener") {}
  SUBCASE("a listener that forgets") {
    app->ipc_main().on("question", [](const main::IpcMainEvent&, std::vector<Value>) {});
  }
  REQUIRE(window.web_contents().send("sync", {1}));
  REQUIRE(app.until([&] { return !answered.messages.empty(); }));
  CHECK(answered.messages[0][0].string() == "reply was never sent");
}

TEST_CASE("ipc: invoke gives the handler's result, whatever form the handler has") {
  TestApp app;
  Heard result(*app, "result");
  auto& ipc = app->ipc_main();
  SUBCASE("a value") {
    REQUIRE(ipc.handle("add",
                       [](main::InvokeEvent, std::vector<Value> n) { return Value(n[0].number() + n[1].number()); }));
  }
  SUBCASE("a result") {
    REQUIRE(ipc.handle("add", [](main::InvokeEvent, std::vector<Value> n) -> Result<Value> {
      return Value(n[0].number() + n[1].number());
    }));
  }
  SUBCASE("a task") {
    REQUIRE(ipc.handle("add", [](main::InvokeEvent, std::vector<Value> n) -> Task<Result<Value>> {
      co_return Value(n[0].number() + n[1].number());
    }));
  }
  auto window = app.show("idle", "caller");
  REQUIRE(window.web_contents().send("invoke", {"add", 20, 22}));
  REQUIRE(app.until([&] { return !result.messages.empty(); }));
  CHECK(result.messages[0][0] == 42);
}

TEST_CASE("ipc: invoke fails by kind, code and message") {
  TestApp app;
  Heard error(*app, "error");
  auto& ipc = app->ipc_main();
  std::string expected, code;
  Kind kind = Kind::failed;
  SUBCASE("no handler") {
    expected = "No handler registered for 'add'", code = "no-handler", kind = Kind::unimplemented;
  }
  SUBCASE("the handler's own error") {
    REQUIRE(ipc.handle("add", [](main::InvokeEvent, std::vector<Value>) -> Result<Value> {
      return std::unexpected(Error{.kind = Kind::denied, .code = "EPERM", .message = "not today"});
    }));
    expected = "not today", code = "EPERM", kind = Kind::denied;
  }
  auto window = app.show("idle", "caller");
  REQUIRE(window.web_contents().send("invoke", {"add", 1, 2}));
  REQUIRE(app.until([&] { return !error.messages.empty(); }));
  auto got = error.messages[0][0].to<Error>();
  REQUIRE(got);
  CHECK(got->message == expected);
  CHECK(got->code == code);
  CHECK(got->kind == kind);
}

TEST_CASE("ipc: a second handler is refused, a removed one makes room, handle_once answers one call") {
  TestApp app;
  Heard result(*app, "result"), error(*app, "error");
  auto& ipc = app->ipc_main();
  auto answer = [](main::InvokeEvent, std::vector<Value>) { return Value("here"); };
  REQUIRE(ipc.handle("one", answer));
  auto second = ipc.handle("one", answer);
  REQUIRE_FALSE(second);
  CHECK(second.error().message == "Attempted to register a second handler for 'one'");
  ipc.remove_handler("one");
  REQUIRE(ipc.handle_once("one", answer));
  auto window = app.show("idle", "caller");
  REQUIRE(window.web_contents().send("invoke", {"one"}));
  REQUIRE(window.web_contents().send("invoke", {"one"}));
  REQUIRE(app.until([&] { return !result.messages.empty() && !error.messages.empty(); }));
}

TEST_CASE("ipc: a typed channel has its types at both ends") {
  TestApp app;
  Heard result(*app, "result");
  REQUIRE(
      app->ipc_main().handle(test::ask, [](main::InvokeEvent event, Table<Question> question) -> Task<Result<ReplyT>> {
        CHECK_FALSE(event.sender.is_destroyed());
        ReplyT reply;
        reply.text = question->text()->str() + "!";
        reply.length = question->text()->size();
        co_return reply;
      }));
  auto window = app.show("idle", "caller");
  REQUIRE(window.web_contents().send("ask", {"how long"}));
  REQUIRE(app.until([&] { return !result.messages.empty(); }));
  CHECK(result.messages[0][0].string() == "how long!");
  CHECK(result.messages[0][1] == 8);
}

TEST_CASE("ipc: a typed channel takes a script's values, and refuses wrong ones by their path") {
  TestApp app;
  Heard result(*app, "result"), error(*app, "error");
  REQUIRE(app->ipc_main().handle(test::ask, [](main::InvokeEvent, Table<Question> question) {
    ReplyT reply;
    reply.text = question->text()->str();
    reply.length = 7;
    return reply;
  }));
  auto window = app.show("idle", "caller");
  REQUIRE(window.web_contents().send("invoke", {"ask", Value{{"text", "plain"}}}));
  REQUIRE(app.until([&] { return !result.messages.empty(); }));
  CHECK(result.messages[0][0].string("text") == "plain");
  CHECK(result.messages[0][0]["length"].is_bigint());
  REQUIRE(window.web_contents().send("invoke", {"ask", Value{{"number", 3}}}));
  REQUIRE(app.until([&] { return !error.messages.empty(); }));
  CHECK(error.messages[0][0].string("message").find("Question.text") != std::string::npos);
}

TEST_CASE("ipc: a one-way typed channel reaches its listener") {
  TestApp app;
  std::string heard;
  app->ipc_main().on(test::note, [&](const main::IpcMainEvent&, Table<Note> said) { heard = said->text()->str(); });
  auto window = app.show("idle", "caller");
  REQUIRE(window.web_contents().send("note", {"hello"}));
  REQUIRE(app.until([&] { return !heard.empty(); }));
  CHECK(heard == "hello");
}

TEST_CASE("ipc: send, send_sync and post_message of one page arrive in the order of their calls") {
  TestApp app;
  std::vector<double> order;
  app->ipc_main().on("mixed", [&](const main::IpcMainEvent& event, std::vector<Value> arguments) {
    order.push_back(arguments.at(0).number());
    event.return_value(Value());
  });
  auto window = app.show("idle", "caller");
  constexpr int count = 300;
  REQUIRE(window.web_contents().send("burst", {count}));
  REQUIRE(app.until([&] { return order.size() == count; }));
  for (int i = 0; i < count; ++i) REQUIRE(order[static_cast<std::size_t>(i)] == i);
}

TEST_CASE("ipc: a port that main posts to a frame comes back with post_message, still connected") {
  TestApp app;
  std::optional<StartedPort> back;
  app->ipc_main().on("back", [&](const main::IpcMainEvent& event, std::vector<Value>) {
    REQUIRE(event.ports().size() == 1);
    back.emplace(std::move(event.ports()[0]).start());
  });
  auto window = app.show("idle", "talker");
  auto ends = app->create_channel();
  REQUIRE(ends);
  REQUIRE(window.web_contents().post_message("back", "take it and return it", std::move(ends->port2)));
  CHECK_FALSE(ends->port2);
  REQUIRE(app.until([&] { return back.has_value(); }));
  REQUIRE(ends->port1.post_message("round"));
  auto receiving = back->receive();
  auto message = app.wait(std::move(receiving));
  REQUIRE(message);
  CHECK(message->data.string() == "round");
}

TEST_CASE("ipc: ports stay with the caller when a message cannot be sent") {
  TestApp app;
  auto window = app.show("idle", "talker");
  auto ends = app->create_channel();
  REQUIRE(ends);
  window.destroy();
  auto sent = window.web_contents().post_message("back", "too late", ends->port1);
  REQUIRE_FALSE(sent);
  CHECK(sent.error().kind == Kind::disconnected);
  CHECK(ends->port1);
}
