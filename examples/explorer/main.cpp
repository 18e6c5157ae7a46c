// A text explorer in several processes: a page asks main over typed channels, searches an index in a utility process
// through a port of its own, and outlives it. Everything is done once on each transport.
#include <mullion/backends/headless.hpp>
#include <mullion/main.hpp>

#ifdef MULLION_WITH_CEF
#include <mullion/backends/cef.hpp>
#endif

#include <CLI/CLI.hpp>
#include <algorithm>
#include <optional>
#include <span>

#include "demo.hpp"
#include "explorer.hpp"

using namespace mullion;

namespace {

constexpr const char* about =
    "Explores a text file (default: the texts in /usr/share/common-licenses) with a page, a main process and a utility "
    "process, once on each transport, and checks what the searches find against grep. Prints `demo: ok`, or "
    "`demo: failed: WHY` and exits with 1. The headless backend needs no display.";

// What was asked for, or the exit code when that was already answered.
std::optional<DemoOptions> read(const std::vector<std::string>& arguments, int& code) {
  CLI::App command(about, "explorer");
  DemoOptions options;
  bool open = false;  // seen by backends(), in every process
  command.add_option("FILE", options.file, "the text, at most 1 GiB");
  command.add_option("--backend", options.backend, "what shows the page: headless, or cef where that was built");
  command.add_flag("--no-sandbox", open, "cef: run pages without Chromium's sandbox, which cannot be had as root");
  command.add_flag("--window", options.interactive, "open a window to search in, and stay until it is closed");
  try {
    command.parse(std::vector(arguments.rbegin(), arguments.rend()));
    return options;
  } catch (const CLI::ParseError& error) {
    code = command.exit(error) ? 2 : 0;
    return std::nullopt;
  }
}

std::vector<std::shared_ptr<const backend::Backend>> backends([[maybe_unused]] std::span<char*> arguments) {
#ifdef MULLION_WITH_CEF
  bool sandbox = std::ranges::none_of(arguments, [](std::string_view each) { return each == "--no-sandbox"; });
  return {headless::backend(), cef::backend({.sandbox = sandbox})};
#else
  return {headless::backend()};
#endif
}

}  // namespace

Task<Result<>> start(main::App& app) {
  int code = 0;
  auto options = read(app.arguments(), code);
  if (!options) {
    app.exit(code);
    co_return {};
  }
  Demo demo(app, std::move(*options));
  auto done = co_await demo.run();
  std::fflush(stdout);
  if (done) {
    std::printf("demo: ok\n");
  } else {
    std::printf("demo: failed: %s\n", done.error().message.c_str());
  }
  app.exit(done ? 0 : 1);
  co_return {};
}

int main(int argc, char** argv) {
  return run(argc, argv,
             {.main = start,
              .preloads = {{"bridge", bridge}},
              .utilities = {{"indexer", indexer}},
              .backends = backends({argv, static_cast<std::size_t>(argc)})});
}
