// Honest processes keep what they had, the directory stays sound, and once the liar is gone nothing of it is left.
#include <doctest/doctest.h>

#include "model/liar.hpp"
#include "model/schedule.hpp"

namespace mullion::node::core::model {
namespace {

struct Outcome {
  std::size_t lies = 0;
  std::size_t honest_messages = 0;
};

// Four processes, the last of which lies. `cut_off`: at its first lie, as the product does.
void run(std::uint64_t seed, bool cut_off, WorldOptions options, Outcome& outcome) {
  options.nodes = 4;
  options.direct = static_cast<Direct>(seed % 3);
  options.merged = seed % 2 == 0;
  World world(options);
  connect_all(world);
  world.liar = 5;
  world.cut_off = cut_off;
  Choice choice(seed);
  Liar liar(world, choice);
  liar.begin(5);
  Schedule schedule(world, choice, {.liar = [&](NodeId self) { liar.step(self); }});
  for (std::size_t i = 0; i < 4000; ++i) schedule.step();
  liar.end(5);
  world.drain();
  world.check_at_rest();
  world.close_everything();
  CAPTURE(seed);
  REQUIRE_MESSAGE(world.fine(), world.report());
  REQUIRE(world.attached() == 0);
  outcome.lies += world.history().violations.size();
  for (const auto& [end, ledger] : world.ledgers()) outcome.honest_messages += world.tainted(end) ? 0 : ledger.got;
}

Outcome run_all(bool cut_off, std::uint64_t seeds, const WorldOptions& options = {}) {
  Outcome outcome;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) run(seed, cut_off, options, outcome);
  return outcome;
}

}  // namespace

TEST_CASE("model, a hostile process that nobody stops: honest channels keep order, and nothing of it is left") {
  Outcome outcome = run_all(false, 120);
  CHECK(outcome.lies > 1000);
  CHECK(outcome.honest_messages > 1000);
}

TEST_CASE("model, a hostile process that is cut off at its first lie: honest channels keep order") {
  run_all(true, 240);
}

TEST_CASE("model, a hostile process and small quotas: what is refused is closed, and nothing is left") {
  run_all(false, 120,
          {.quotas = Quotas{.limbo = 2, .mail_bytes = 600, .links = 2, .window_bytes = 400, .window_messages = 5}});
}

}  // namespace mullion::node::core::model
