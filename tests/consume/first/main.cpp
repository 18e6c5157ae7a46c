#include <filesystem>
#include <mullion/backends/headless.hpp>
#include <mullion/main.hpp>

#include "channels.hpp"
using namespace mullion;

Result<> bridge(preload::Context&);

Task<Result<OpenedT>> open(main::InvokeEvent, Table<OpenFile> request) {
  std::error_code error;
  std::filesystem::path path = request->path()->str();
  OpenedT opened;
  opened.bytes = std::filesystem::file_size(path, error);
  if (error) {
    co_return std::unexpected(
        Error{.kind = Kind::invalid, .code = "ENOENT", .message = path.string() + ": " + error.message()});
  }
  opened.name = path.filename();
  co_return opened;
}

Task<Result<>> start(main::App& app) {
  if (auto handled = app.ipc_main().handle(open_file, open); !handled) co_return handled;
  auto window = main::BrowserWindow::create(app, {.title = "First", .web_preferences = {.preload = "bridge"}});
  if (!window) co_return std::unexpected(window.error());
  co_return co_await window->load_file("index.html");
}

int main(int argc, char** argv) {
  return run(argc, argv, {.main = start, .preloads = {{"bridge", bridge}}, .backends = {headless::backend()}});
}
