// A window that is a terminal: its page asks main for the time through the preload, and draws it.
#include <mullion/main.hpp>
#include <mullion/preload.hpp>

#include <ctime>

#include "terminal.hpp"

using namespace mullion;

Task<Result<>> clock_page(renderer::Page& page, terminal::Draw draw) {
  draw("+------------------------------+");
  auto asking = page.call("clock", "now", {});
  auto now = co_await std::move(asking);
  draw("|  " + (now ? now->string() : now.error().message) + "  |");
  draw("+------------------------------+");
  auto done = page.call("clock", "done", {});
  (void)co_await std::move(done);
  co_return {};
}

Result<> bridge(preload::Context& context) {
  preload::Api api;
  auto& ipc = context.ipc_renderer();
  api.add("now", preload::ApiAsyncFunction([&ipc](std::vector<Value>) { return ipc.invoke("now"); }));
  api.add("done", [&ipc](std::vector<Value>) -> Result<Value> {
    if (auto sent = ipc.send("done"); !sent) return std::unexpected(sent.error());
    return Value();
  });
  return context.context_bridge().expose_in_main_world("clock", std::move(api));
}

Task<Result<>> start(main::App& app) {
  auto handled = app.ipc_main().handle("now", [](main::InvokeEvent, std::vector<Value>) {
    char text[32];
    auto now = std::time(nullptr);
    std::strftime(text, sizeof text, "%a %Y-%m-%d  %H:%M:%S  UTC", std::gmtime(&now));
    return Value(text);
  });
  if (!handled) co_return handled;
  app.ipc_main().on("done", [&app](const main::IpcMainEvent&, std::vector<Value>) { app.quit(); });
  auto window = main::BrowserWindow::create(app, {.web_preferences = {.preload = "bridge"}});
  if (!window) co_return std::unexpected(window.error());
  auto loading = window->load_url("terminal:clock");
  co_return co_await std::move(loading);
}

int main(int argc, char** argv) {
  return run(
      argc, argv,
      {.main = start, .preloads = {{"bridge", bridge}}, .backends = {terminal::backend({{"clock", clock_page}})}});
}
