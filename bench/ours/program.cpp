#include "ours/program.hpp"

#include <cstring>

#include "ours/backends.hpp"
#include "ours/entries.hpp"

namespace mullion::bench {

void Stage::end(main::App& app, Result<> result) {
  result_ = std::move(result);
  app.exit();
}

void Stage::await_samples(main::App& app) {
  auto& ipc = app.ipc_main();
  ipc.on("samples", [this, &app](const main::IpcMainEvent&, std::vector<Value> arguments) {
    const auto bytes = arguments.at(0).bytes();
    std::vector<double> samples(bytes.size() / sizeof(double));
    std::memcpy(samples.data(), bytes.data(), samples.size() * sizeof(double));
    for (double sample : samples)
      if (!session_.add(sample)) break;
    end(app);
  });
  ipc.on("failed", [this, &app](const main::IpcMainEvent&, std::vector<Value> arguments) {
    end(app, std::unexpected(Error{.message = arguments.at(0).string()}));
  });
  app.on(main::web_contents_created, [this, &app](main::WebContents contents) {
    contents.on(main::render_process_gone, [this, &app](const main::RenderProcessGone& gone) {
      end(app, std::unexpected(Error{.message = "the renderer is gone: " + gone.reason}));
    });
    contents.on(main::preload_error,
                [this, &app](const main::PreloadError& failed) { end(app, std::unexpected(failed.error)); });
    contents.on(main::console_message, [](const backend::ConsoleMessage& message) {
      std::fprintf(stderr, "bench: the page says: %s\n", message.message.c_str());
    });
  });
}

std::vector<std::string> Stage::arguments() const {
  const auto& length = session_.length();
  return {std::string(session_.row().name), std::to_string(length.round_ns), std::to_string(length.least),
          std::to_string(length.most)};
}

Session Stage::session_of(const std::vector<std::string>& arguments) {
  return Session(*find_row(arguments.at(0)), {.round_ns = std::stoull(arguments.at(1)),
                                              .least = std::stoul(arguments.at(2)),
                                              .most = std::stoul(arguments.at(3))});
}

Result<main::BrowserWindow> show_native_page(main::App& app, Stage& stage, std::string preload) {
  main::BrowserWindowOptions options{.title = "bench", .backend = std::string(native_backend_name)};
  options.web_preferences = {.preload = std::move(preload), .additional_arguments = stage.arguments()};
  return main::BrowserWindow::create(app, std::move(options));
}

Program children_program() {
  Program program{.preloads = {{"invoke", invoke_preload}},
                  .utilities = {{"hello", hello_utility}},
                  .backends = {native_backend()}};
  add_page_backend(program);
  add_cef_backend(program);
  return program;
}

Result<> run_main(Session& session, std::function<Task<Result<>>(main::App&, Stage&)> start) {
  Stage stage(session);
  auto program = children_program();
  program.main = [&](main::App& app) { return start(app, stage); };
  char name[] = "bench";
  char* arguments[] = {name, nullptr};
  if (int code = run(1, arguments, std::move(program)); code != 0)
    return std::unexpected(Error{.message = "the program exited with " + std::to_string(code)});
  return stage.result();
}

}  // namespace mullion::bench
