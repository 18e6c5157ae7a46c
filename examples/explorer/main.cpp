// A text explorer in several processes: a page asks main over typed channels, searches an index in a utility process
// through a port of its own, and outlives it. Everything is done once on each transport.
#include <mullion/backends/headless.hpp>
#include <mullion/main.hpp>

#include <cstring>

#include "demo.hpp"
#include "explorer.hpp"

using namespace mullion;

namespace {

constexpr const char* usage =
    "usage: explorer [FILE]\n"
    "\n"
    "Explores a text file (default: the texts in /usr/share/common-licenses) with a page, a main process and a "
    "utility\n"
    "process, once on each transport, and checks what the searches find against grep. Prints `demo: ok`, or\n"
    "`demo: failed: WHY` and exits with 1. No display is needed.\n";

}  // namespace

Task<Result<>> start(main::App& app) {
  Demo demo(app);
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
  for (int i = 1; i < argc; ++i)
    if (!std::strcmp(argv[i], "--help") || !std::strcmp(argv[i], "-h")) return std::fputs(usage, stdout), 0;
  return run(argc, argv,
             {.main = start,
              .preloads = {{"bridge", bridge}},
              .utilities = {{"indexer", indexer}},
              .backends = {headless::backend()}});
}
