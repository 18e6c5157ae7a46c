#include <doctest/doctest.h>
#include <signal.h>

#include "exchange.hpp"
#include "long_run.hpp"
#include "tracer.hpp"

using namespace mullion;
using namespace mullion::fault;
using transport::Medium;

namespace {

constexpr int enough_survivals = 3;  // how many calls an exchange takes is not the same each time
constexpr std::uint64_t heap_for_all = 64 * 1024;

// One exchange, with a child that is killed at its n-th system call.
Traced kill_once(Stage& stage, Tracer& tracer, std::uint32_t at) {
  auto life = start(stage.main(), "traced_victim");
  EXPECT(life);
  tracer.follow(stage.main().broker().pid(life->id), at);
  Exchange exchange(stage.main(), stage.talk(), life->boot, stage.bystander());
  const bool all = exchange.run();
  expect_exit(stage.main(), *life);
  const Traced traced = tracer.result();
  EXPECT(traced.error == 0);
  EXPECT(!traced.made_file);
  EXPECT(life->status->signal == (traced.killed ? SIGKILL : 0));
  if (!traced.killed) {
    if (!all)
      harness::fail(__FILE__, __LINE__, "an exchange that nothing happened to ended in the step " + exchange.step());
    EXPECT(life->status->code == 0);
  }
  EXPECT(!life->link_failed);
  // Killed after it had said its farewell, it closed all itself.
  exchange.settle(traced.killed && !all ? std::optional(node::CloseReason::peer_exited) : std::nullopt);
  return traced;
}

void kill_at_each_call(Medium medium) {
  if (!Tracer::allowed()) {
    MESSAGE("Nothing was tried: no process may be traced here.");
    return;
  }
  Stage stage(medium);
  Tracer tracer;
  std::uint32_t at = 0, killed = 0;
  for (int i = 0; i < 2; ++i) kill_once(stage, tracer, 0);  // what is made once is made
  stage.note();
  for (int survived = 0; survived < enough_survivals;) {
    at += calls_at_once;
    CAPTURE(at);
    const Traced traced = kill_once(stage, tracer, at);
    stage.expect_as_before();
    survived = traced.killed ? 0 : survived + 1;
    killed += traced.killed;
  }
  stage.expect_heap(heap_for_all);
  MESSAGE(to_string(medium), ": killed ", killed, " times, at every ", calls_at_once, ". system call");
}

}  // namespace

TEST_CASE("kill: a child dies at each of its system calls, over shared memory") { kill_at_each_call(Medium::shm); }
TEST_CASE("kill: a child dies at each of its system calls, over a pipe") { kill_at_each_call(Medium::pipe); }
