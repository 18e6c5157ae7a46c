#include <cstdio>
#include <cstdlib>

#include "mullion/base/log.hpp"
#include "mullion/main.hpp"
#include "mullion/node/broker.hpp"
#include "process/app_state.hpp"
#include "process/command_line.hpp"
#include "process/engine_process.hpp"
#include "process/heap.hpp"
#include "process/isolation.hpp"
#include "process/renderer_process.hpp"
#include "process/utility_main.hpp"

namespace mullion {

namespace {

int run_main(int argc, char** argv, Program program) {
  auto loop = Loop::create();
  if (!loop) return report(loop.error());
  int code = 0;
  auto app = main::detail::open_app(**loop, std::move(program), process::program_arguments(argc, argv), [&](int ended) {
    code = ended;
    (*loop)->stop();
  });
  if (!app) return report(app.error());
  if (auto ran = (*loop)->run(); !ran) return report(ran.error());
  return code;
}

// Both child roles live until their entry ends or main's link does. Isolation begins before there is a second thread.
int run_child(int argc, char** argv, const Program& program, process::ChildRole role) {
  auto isolating = process::begin_isolation(argc, argv);
  if (!isolating) return report(isolating.error());
  auto inherited = node::ChildNode::inherited(argc, argv);
  if (!inherited) return report(inherited.error());
  auto loop = Loop::create();
  if (!loop) return report(loop.error());
  auto child = node::ChildNode::connect(**loop, *inherited);
  if (!child) return report(child.error());
  return role(**loop, **child, program, std::move(*isolating));
}

}  // namespace

int report(const Error& error) {
  std::fprintf(stderr, "%s\n", error.message.empty() ? error.code.c_str() : error.message.c_str());
  return 1;
}

int run(int argc, char** argv, Program program) {
  process::keep_freed_memory();
  process::EngineProcess engine_process(program);
  for (const auto& backend : program.backends)
    if (auto code = backend->run_process(argc, argv, engine_process)) return *code;
  auto role = process::switch_value(argc, argv, "--mullion-role");
  if (!role) return run_main(argc, argv, std::move(program));
  if (*role == "renderer") return run_child(argc, argv, program, process::run_renderer);
  if (*role == "utility") return run_child(argc, argv, program, process::run_utility);
  return report({.kind = Kind::invalid,
                 .code = "role",
                 .message = "--mullion-role=" + std::string(*role) + ": there is no such role"});
}

}  // namespace mullion
