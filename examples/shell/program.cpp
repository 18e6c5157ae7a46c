#include "program.hpp"

#include <mullion/main.hpp>
#include <mullion/preload.hpp>

using namespace mullion;

Task<Result<>> start(main::App& app) {
  app.ipc_main().on("quit", [&app](main::IpcMainEvent, std::vector<Value>) { app.quit(); });
  auto greet = [](main::InvokeEvent, std::vector<Value> who) -> Result<Value> {
    return Value("main greets " + (who.empty() ? "nobody" : who[0].to<std::string>().value_or("nobody")));
  };
  co_return app.ipc_main().handle("greet", greet);
}

// Page: console.log(await shell.greet('the page')); shell.quit()
Result<> bridge(preload::Context& context) {
  auto& ipc = context.ipc_renderer();
  preload::Api api;
  api.add("greet", [&ipc](std::vector<Value> who) { return ipc.invoke("greet", std::move(who)); });
  api.add("quit", [&ipc](std::vector<Value>) -> Result<Value> {
    auto sent = ipc.send("quit");
    return sent ? Result<Value>(Value()) : std::unexpected(sent.error());
  });
  return context.context_bridge().expose_in_main_world("shell", std::move(api));
}
