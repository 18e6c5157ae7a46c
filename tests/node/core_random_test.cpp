#include <doctest/doctest.h>

#include "node/core_world.hpp"

namespace mullion::node::core::testing {
namespace {

// Processes with a channel between each two of them, then `steps` of whatever the seed says, then rest.
World run(std::uint64_t seed, std::size_t steps, Schedule::Odds odds, WorldOptions options = {}) {
  World world(options);
  for (NodeId a = broker_node; a <= options.nodes + broker_node; ++a) {
    if (a != broker_node) world.connect(broker_node, a);
    EndId to_next = world.create(a).first;
    world.post(broker_node, boot_end_of_parent(a), {});
    (void)to_next;
  }
  Random random(seed);
  Schedule schedule(world, random, odds);
  for (std::size_t i = 0; i < steps; ++i) schedule.step();
  world.drain();
  world.check_at_rest();
  world.close_everything();
  return world;
}

}  // namespace

TEST_CASE("core, any schedule: ends that move everywhere deliver everything, once and in order") {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    World world = run(seed, 3000, {.close = false, .rings = false});
    CAPTURE(seed);
    REQUIRE_MESSAGE(world.problems().empty(), world.report());
  }
}

TEST_CASE("core, any schedule: ends that close meanwhile close once, after everything") {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    World world = run(seed, 3000, {});
    CAPTURE(seed);
    REQUIRE_MESSAGE(world.problems().empty(), world.report());
  }
}

TEST_CASE("core, any schedule: processes that die leave no gap, no leak and no silence") {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    World world = run(seed, 3000, {.kill = true}, {.nodes = 4});
    CAPTURE(seed);
    REQUIRE_MESSAGE(world.problems().empty(), world.report());
  }
}

}  // namespace mullion::node::core::testing
