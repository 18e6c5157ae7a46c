// The checks of core_world can fail: each way of breaking the protocol is noticed within a few schedules.
#include <doctest/doctest.h>

#include "node/core_world.hpp"

namespace mullion::node::core::testing {
namespace {

bool noticed(Fault fault, std::uint64_t seed) {
  World world({.nodes = 3, .fault = fault});
  for (NodeId child = 2; child <= 4; ++child) world.connect(broker_node, child);
  for (NodeId node = 1; node <= 4; ++node) world.create(node);
  Random random(seed);
  Schedule schedule(world, random, {.most_ends = 16, .rings = false});
  for (std::size_t i = 0; i < 3000; ++i) schedule.step();
  world.drain();
  world.check_at_rest();
  return !world.problems().empty();
}

int needed(Fault fault) {
  for (int seed = 1; seed <= 200; ++seed) {
    if (noticed(fault, static_cast<std::uint64_t>(seed))) return seed;
  }
  return 0;
}

// A process closes an end with a message in the window and one that waits, and dies: what it said to the broker came
// through, what was in the link did not.
bool gap_after_death(Fault fault) {
  World world({.nodes = 2, .window_messages = 1, .quotas = {.window_bytes = 400, .window_messages = 1}, .fault = fault});
  auto [at_two, at_three] = world.connect(2, 3);
  auto [stays, moves] = world.create(2);
  world.post(2, at_two, {moves});
  world.drain();
  world.post(2, stays);
  world.post(2, stays);
  world.close(2, stays);
  world.kill(2, world.process(2).control_up.size(), 0);
  world.drain();
  world.check_at_rest();
  return !world.problems().empty();
}

}  // namespace

TEST_CASE("core, a world that is not broken: nothing is noticed") { CHECK(needed(Fault::none) == 0); }
TEST_CASE("core, a world that loses fin: noticed") { CHECK(needed(Fault::drop_fin) != 0); }
TEST_CASE("core, a world that loses the answer to fin: noticed") { CHECK(needed(Fault::drop_answer_fin) != 0); }
TEST_CASE("core, a world that loses messages: noticed") { CHECK(needed(Fault::drop_data) != 0); }
TEST_CASE("core, a world that loses drained: noticed") { CHECK(needed(Fault::drop_drained) != 0); }
TEST_CASE("core, a world that loses claims: noticed") { CHECK(needed(Fault::drop_claim) != 0); }
TEST_CASE("core, a world whose tombstones keep nothing: noticed") { CHECK(needed(Fault::drop_mail_in) != 0); }
TEST_CASE("core, a world that does not wait with early messages: noticed") {
  CHECK(needed(Fault::drop_early_data) != 0);
}
TEST_CASE("core, a world that reorders messages: noticed") { CHECK(needed(Fault::swap_data) != 0); }
TEST_CASE("core, a world that splits mail from its release: noticed") { CHECK(needed(Fault::split_mail) != 0); }
TEST_CASE("core, a world that takes death for fin: noticed") {
  CHECK_FALSE(gap_after_death(Fault::none));
  CHECK(gap_after_death(Fault::lossless_death));
}
TEST_CASE("core, a world that sends an end before it is released: noticed") {
  CHECK(needed(Fault::eager_send) != 0);
}

}  // namespace mullion::node::core::testing
