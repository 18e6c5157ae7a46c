// What the children of the pages' tests do.
#include <mullion/backends/headless.hpp>

#include "fixture.hpp"
#include "mullion/preload.hpp"
#include "mullion/utility.hpp"

namespace mullion::test {

const char* const page_prefix = "app://test/";

namespace {

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
  api.add(ask);
  api.add(note);
  context.ipc_renderer().on("port", [&context](preload::PortEvent event) {
    (void)context.window().post_message("port", std::move(event.ports));
  });
  return context.context_bridge().expose_in_main_world("api", std::move(api));
}

Task<Result<>> echo(utility::Process& process) {
  auto hello = co_await process.parent_port().receive();
  if (!hello || hello->ports.size() != 1) co_return {};
  auto port = std::move(hello->ports[0]).start();
  for (auto message = co_await port.receive(); message; message = co_await port.receive())
    (void)port.post_message(message->data);
  co_return {};
}

}  // namespace

Program test_program() {
  return {.preloads = {{"native", native}}, .utilities = {{"echo", echo}}, .backends = {headless::backend()}};
}

}  // namespace mullion::test
