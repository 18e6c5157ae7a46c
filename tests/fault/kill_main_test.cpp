#include <doctest/doctest.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>

#include "exchange.hpp"
#include "long_run.hpp"
#include "node/spawn.hpp"
#include "tracer.hpp"

using namespace mullion;
using namespace mullion::fault;
using transport::Medium;

namespace {

constexpr std::chrono::seconds orphans_life{10};
constexpr int enough_survivals = 3;

// Reaps what is left of a process group. False: one of it lives on.
bool group_ends(pid_t group) {
  const auto end = std::chrono::steady_clock::now() + orphans_life;
  pid_t gone = 0;
  while ((gone = waitpid(-group, nullptr, WNOHANG)) >= 0 && std::chrono::steady_clock::now() < end)
    if (gone == 0) poll(nullptr, 0, 1);
  return gone < 0;
}

Traced kill_once(Tracer& tracer, Medium medium, std::uint32_t at) {
  auto main = node::spawn({.arguments = {harness::program("traced_main"), std::string(to_string(medium))}});
  EXPECT(main);
  tracer.follow(main->pid, at);
  const Traced traced = tracer.result();
  EXPECT(traced.error == 0);
  EXPECT(!traced.made_file);
  int status = 0;
  EXPECT(waitpid(main->pid, &status, 0) == main->pid);
  if (traced.killed) EXPECT(WIFSIGNALED(status));
  if (!traced.killed) EXPECT(status == 0);
  const bool ended = group_ends(main->pid);
  if (!ended) kill(-main->pid, SIGKILL);
  EXPECT(ended);
  return traced;
}

void kill_at_each_call(Medium medium) {
  if (!Tracer::allowed()) {
    MESSAGE("Nothing was tried: no process may be traced here.");
    return;
  }
  EXPECT(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0);  // orphans become ours
  Tracer tracer;
  std::uint32_t at = 0, killed = 0;
  for (int survived = 0; survived < enough_survivals;) {
    at += calls_at_once;
    CAPTURE(at);
    const Traced traced = kill_once(tracer, medium, at);
    survived = traced.killed ? 0 : survived + 1;
    killed += traced.killed;
  }
  MESSAGE(to_string(medium), ": main was killed ", killed, " times, at every ", calls_at_once, ". system call");
}

int run_main(Medium medium) {
  try {
    Stage stage(medium, Stage::Pools::not_made);
    auto life = start(stage.main(), "victim");
    EXPECT(life);
    Exchange exchange(stage.main(), stage.talk(), life->boot, stage.bystander());
    EXPECT(exchange.run());
    expect_exit(stage.main(), *life);
    exchange.settle(std::nullopt);
    return 0;
  } catch (const std::exception& failed) {
    std::fprintf(stderr, "main: %s\n", failed.what());
    return 1;
  }
}

}  // namespace

MULLION_TEST_PROGRAM(traced_main) {
  setpgid(0, 0);
  await_tracer();
  auto medium = transport::parse_medium(argv[argc - 1]);
  _exit(medium ? run_main(*medium) : 2);
}

TEST_CASE("kill: main dies at each of its system calls, its children end, and nothing is left, over shared memory") {
  kill_at_each_call(Medium::shm);
}

TEST_CASE("kill: main dies at each of its system calls, its children end, and nothing is left, over a pipe") {
  kill_at_each_call(Medium::pipe);
}
