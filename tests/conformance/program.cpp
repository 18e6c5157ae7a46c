// What the children of the cases do.
#include "kit.hpp"
#include "mullion/preload.hpp"
#include "mullion/utility.hpp"

namespace mullion::conformance {

namespace {

// ---- preloads ----

// Exposes an API of each kind of member to the page, and hands it the ports that main sends.
Result<> native(preload::Context& context) {
  preload::Api api;
  api.add("version", Value("1.0"));
  api.add("twice", [](std::vector<Value> arguments) -> Result<Value> {
    if (arguments.empty() || !arguments[0].is_number())
      return std::unexpected(Error{.kind = Kind::invalid, .code = "TypeError", .message = "twice of what?"});
    return Value(arguments[0].number() * 2);
  });
  api.add("eventually", preload::ApiAsyncFunction(
                            [](std::vector<Value> arguments) -> Task<Result<Value>> { co_return arguments.at(0); }));
  api.add(test::ask);
  api.add(test::note);
  context.ipc_renderer().on("port", [&context](preload::PortEvent event) {
    (void)context.window().post_message("port", std::move(event.ports));
  });
  return context.context_bridge().expose_in_main_world("api", std::move(api));
}

// Says "hello" through a port, tells main what comes back and how it closed.
Task<Result<>> speak(preload::IpcRenderer& ipc, StartedPort port) {
  (void)port.post_message("hello");
  auto message = co_await port.receive();
  for (; message; message = co_await port.receive()) (void)ipc.send("port", {"back: " + message->data.string()});
  co_return ipc.send("port", {"closed: " + message.error().code});
}

// Needs no page: talks to main.
Result<> talker(preload::Context& context) {
  auto& ipc = context.ipc_renderer();
  ipc.on("echo", [&ipc](preload::PortEvent event) { (void)ipc.send("echoed", std::move(event.arguments)); });
  ipc.on("sync", [&ipc](preload::PortEvent event) {
    auto answer = ipc.send_sync("question", std::move(event.arguments), 2000);
    (void)ipc.send("answered", {answer ? *answer : Value(answer.error().message)});
  });
  ipc.on("arguments", [&context](preload::PortEvent) {
    (void)context.ipc_renderer().send("arguments", {Value(context.arguments()), context.url()});
  });
  ipc.on("keep", [&context, &ipc](preload::PortEvent event) {
    context.spawn(speak(ipc, std::move(event.ports.at(0)).start()));
  });
  return {};
}

Result<> failing(preload::Context&) {
  return std::unexpected(Error{.kind = Kind::invalid, .code = "on-purpose", .message = "this preload fails"});
}

// ---- utilities ----

Task<Result<>> echo(utility::Process& process) {
  auto hello = co_await process.parent_port().receive();
  if (!hello || hello->ports.size() != 1) co_return {};
  auto port = std::move(hello->ports[0]).start();
  for (auto message = co_await port.receive(); message; message = co_await port.receive())
    (void)port.post_message(message->data);
  co_return {};
}

// Answers the first message of a port, and gives it back.
Task<Result<>> lends(utility::Process& process) {
  auto& parent = process.parent_port();
  auto hello = co_await parent.receive();
  if (!hello || hello->ports.size() != 1) co_return {};
  auto port = std::move(hello->ports[0]).start();
  auto first = co_await port.receive();
  if (!first) co_return std::unexpected(first.error());
  (void)port.post_message(first->data.string() + ", said the worker");
  auto back = std::move(port).detach();
  (void)parent.post_message("back", std::move(back));
  (void)co_await parent.receive();  // until main is gone
  co_return {};
}

// Makes a channel, gives one end away and echoes on the other.
Task<Result<>> makes(utility::Process& process) {
  auto ends = process.create_channel();
  if (!ends) co_return std::unexpected(ends.error());
  (void)ends->port1.post_message("early");
  (void)process.parent_port().post_message("made", std::move(ends->port2));
  auto port = std::move(ends->port1).start();
  for (auto message = co_await port.receive(); message; message = co_await port.receive())
    (void)port.post_message(message->data);
  co_return {};
}

}  // namespace

Program program() {
  return {.preloads = {{"native", native}, {"talker", talker}, {"failing", failing}},
          .utilities = {{"echo", echo}, {"lends", lends}, {"makes", makes}},
          .backends = {subject().backend}};
}

}  // namespace mullion::conformance
