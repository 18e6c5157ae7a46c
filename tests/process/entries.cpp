// What the children of the process tests do.
#include <csignal>
#include <cstdlib>

#include "fixture.hpp"
#include "hostile_child.hpp"
#include "mullion/preload.hpp"
#include "mullion/utility.hpp"
#include "native.hpp"
#include "own_engine.hpp"

namespace mullion::test {

namespace {

// ---- preloads ----

Result<> silent(preload::Context&) { return {}; }

Result<> failing(preload::Context&) {
  return std::unexpected(Error{.kind = Kind::invalid, .code = "on-purpose", .message = "this preload fails"});
}

// Answers main: "echo" sends what came back, "sync" asks main synchronously, "pass" hands ports to the page.
Result<> talker(preload::Context& context) {
  auto& ipc = context.ipc_renderer();
  ipc.on("echo", [&ipc](preload::PortEvent event) { (void)ipc.send("echoed", std::move(event.arguments)); });
  ipc.once("once", [&ipc](preload::PortEvent) { (void)ipc.send("had-once"); });
  ipc.on("sync", [&ipc](preload::PortEvent event) {
    auto answer = ipc.send_sync("question", std::move(event.arguments), 2000);
    (void)ipc.send("answered", {answer ? *answer : Value(answer.error().message)});
  });
  ipc.on("pass", [&context](preload::PortEvent event) {
    auto passed = context.window().post_message("ports", std::move(event.ports));
    if (!passed) (void)context.ipc_renderer().send("trouble", {passed.error().message});
  });
  ipc.on("back",
         [&ipc](preload::PortEvent event) { (void)ipc.post_message("back", "yours", std::move(event.ports.at(0))); });
  ipc.on("arguments", [&context](preload::PortEvent) {
    (void)context.ipc_renderer().send("arguments", {Value(context.arguments()), context.url()});
  });
  return {};
}

Task<Result<>> call(preload::Context& context, std::string channel, std::vector<Value> arguments) {
  auto& ipc = context.ipc_renderer();
  auto call = ipc.invoke(channel, std::move(arguments));
  auto result = co_await std::move(call);
  if (result) co_return ipc.send("result", {*result});
  co_return ipc.send("error", {Value::error(result.error())});
}

Task<Result<>> typed_call(preload::Context& context, std::string text) {
  auto& ipc = context.ipc_renderer();
  QuestionT question;
  question.text = text;
  auto call = ipc.invoke(ask, question);
  auto reply = co_await std::move(call);
  if (reply) co_return ipc.send("result", {(*reply)->text()->str(), (*reply)->length()});
  co_return ipc.send("error", {Value::error(reply.error())});
}

Result<> caller(preload::Context& context) {
  context.ipc_renderer().on("invoke", [&context](preload::PortEvent event) {
    std::vector<Value> rest(event.arguments.begin() + 1, event.arguments.end());
    context.spawn(call(context, event.data().string(), std::move(rest)));
  });
  context.ipc_renderer().on(
      "ask", [&context](preload::PortEvent event) { context.spawn(typed_call(context, event.data().string())); });
  context.ipc_renderer().on("note", [&context](preload::PortEvent event) {
    NoteT said;
    said.text = event.data().string();
    (void)context.ipc_renderer().send(note, said);
  });
  context.ipc_renderer().on("burst", [&context](preload::PortEvent event) {
    auto& ipc = context.ipc_renderer();
    for (int i = 0; i < static_cast<int>(event.data().number()); ++i) {
      if (i % 3 == 0) (void)ipc.send("mixed", {i});
      if (i % 3 == 1) (void)ipc.send_sync("mixed", {i}, 5000);
      if (i % 3 == 2) (void)ipc.post_message("mixed", i);
    }
  });
  return {};
}

Task<Result<Value>> slow_sum(std::vector<Value> numbers) {
  double sum = 0;
  for (const auto& number : numbers) sum += number.number();
  co_return Value(sum);
}

Result<> bridge(preload::Context& context) {
  preload::Api api;
  api.add("version", Value("1.0"));
  api.add("twice", [](std::vector<Value> arguments) -> Result<Value> {
    if (arguments.empty())
      return std::unexpected(Error{.kind = Kind::invalid, .code = "TypeError", .message = "twice of what?"});
    return Value(arguments[0].number() * 2);
  });
  api.add("sum", preload::ApiAsyncFunction(slow_sum));
  api.add(ask);
  api.add(note);
  return context.context_bridge().expose_in_main_world("api", std::move(api));
}

// ---- pages ----

Task<Result<>> idle(renderer::Page&) { co_return {}; }

// Calls what the preload exposed and notes each outcome to main through it.
Task<Result<>> uses_api(renderer::Page& page) {
  std::vector<std::string> said;
  auto version = page.get("api", "version");
  said.push_back(version ? version->string() : "no version");
  const char* names[] = {"twice", "sum", "ask", "missing"};
  for (const char* name : names) {
    std::vector<Value> arguments{std::string_view(name) == "ask" ? Value{{"text", "how long?"}} : Value(21), 4};
    auto call = page.call("api", name, std::move(arguments));
    auto result = co_await std::move(call);
    said.push_back(result ? result->inspect() : result.error().message);
  }
  for (const auto& line : said) {
    std::vector<Value> arguments{Value{{"text", line}}};
    auto call = page.call("api", "note", std::move(arguments));
    (void)co_await std::move(call);
  }
  co_return {};
}

// Echoes on every port that comes to its window.
Task<Result<>> echoes(renderer::Page& page) {
  auto ports = std::make_shared<std::vector<std::unique_ptr<StartedPort>>>();
  page.on(renderer::message, [ports](renderer::WindowMessage& message) {
    for (auto& port : message.ports) {
      ports->push_back(std::make_unique<StartedPort>(std::move(port).start()));
      auto* started = ports->back().get();
      started->on_message([started](Message message) { (void)started->post_message(message.data); });
    }
  });
  co_return {};
}

// ---- utilities ----

Task<Result<>> echo(utility::Process& process) {
  auto& port = process.parent_port();
  for (auto message = co_await port.receive(); message; message = co_await port.receive()) {
    if (message->ports.empty()) {
      (void)port.post_message(message->data);
      continue;
    }
    (void)port.post_message(message->data, std::move(message->ports[0]));
  }
  co_return {};
}

Task<Result<>> obeys(utility::Process& process) {
  auto order = co_await process.parent_port().receive();
  if (!order) co_return {};
  auto what = order->data.string();
  if (what == "exit 3") process.exit(3);
  if (what == "error") co_return std::unexpected(Error{.message = "obeys: failed as told"});
  if (what == "abort") std::abort();
  if (what == "kill") std::raise(SIGKILL);
  if (what == "arguments") (void)process.parent_port().post_message(Value(process.arguments()));
  co_return {};
}

// Owns a port and answers on it, until it closes.
Task<Result<>> serves(utility::Process& process) {
  auto hello = co_await process.parent_port().receive();
  if (!hello || hello->ports.size() != 1) co_return {};
  auto port = std::move(hello->ports[0]).start();
  for (auto message = co_await port.receive(); message; message = co_await port.receive())
    (void)port.post_message(message->data);
  co_return {};
}

}  // namespace

const char* const page_prefix = "native:";

Program test_program() {
  return {.preloads =
              {{"silent", silent}, {"failing", failing}, {"talker", talker}, {"caller", caller}, {"bridge", bridge}},
          .utilities = {{"echo", echo}, {"obeys", obeys}, {"serves", serves}, {"hostile", hostile}, {"honest", honest}},
          .backends = {native_backend({{"idle", idle}, {"stays", idle}, {"uses-api", uses_api}, {"echoes", echoes}}),
                       own_engine()}};
}

}  // namespace mullion::test
