#include <doctest/doctest.h>

#include "model/schedule.hpp"
#include "targets.hpp"

namespace mullion::node::core::model {
namespace {

void run(std::uint64_t seed, std::size_t steps, WorldOptions options, Odds odds) {
  World world(options);
  connect_all(world);
  Choice choice(seed);
  Schedule schedule(world, choice, odds);
  for (std::size_t i = 0; i < steps; ++i) schedule.step();
  world.drain();
  world.check_at_rest();
  world.close_everything();
  CAPTURE(seed);
  REQUIRE_MESSAGE(world.fine(), world.report());
  REQUIRE(world.attached() == 0);
}

// The same schedules over each kind of link.
void run_all(WorldOptions options, const Odds& odds) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    options.direct = static_cast<Direct>(seed % 3);
    options.merged = seed % 2 == 0;
    run(seed, 3000, options, odds);
  }
}

}  // namespace

TEST_CASE("model, any schedule: ends that move everywhere deliver everything, once and in order") {
  run_all({}, {.close = false, .rings = false});
}
TEST_CASE("model, any schedule: ends that close meanwhile close once, after everything") { run_all({}, {}); }
TEST_CASE("model, any schedule: links that fail leave no gap, no leak and no silence") {
  run_all({}, {.break_link = 200});
}
TEST_CASE("model, any schedule: processes that die leave no gap, no leak and no silence") {
  run_all({.nodes = 4}, {.kill = 2000, .break_link = 1000});
}

TEST_CASE("model, any schedule: any bytes make one, and nothing is wrong with it") {
  core_fuzz({});
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    Choice choice(seed);
    std::vector<std::byte> bytes(100 + choice.below(6000));
    for (std::byte& byte : bytes) byte = static_cast<std::byte>(choice.next());
    CAPTURE(seed);
    core_fuzz(bytes);
  }
}

}  // namespace mullion::node::core::model
