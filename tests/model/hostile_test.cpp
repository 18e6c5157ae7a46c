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
          {.quotas = Quotas{.limbo = 2, .kept_bytes = 600, .links = 2, .window_bytes = 400, .window_messages = 5}});
}

// Found by a random walk: the end stayed under way for ever, and so did all that waited for it.
TEST_CASE("model, a hostile process swallows the message that carries an end, and hands on what it went over") {
  for (Direct direct : {Direct::never, Direct::always}) {
    World world({.nodes = 3, .window_bytes = 0, .window_messages = 0, .direct = direct});
    for (NodeId child = 2; child <= 4; ++child) world.connect(broker_node, child);
    EndId travels = world.channel(3, 4).second;
    EndId over = world.channel(2, 4).second;
    EndId on = world.channel(3, 4).second;
    world.liar = 4;
    world.post(4, over, {travels});
    while (world.deliver(4, Way::control_up) || world.deliver(4, Way::control_down)) continue;
    Way way = direct == Direct::never ? Way::data_up : Way::direct;
    LinkId link = direct == Direct::never ? broker_link : world.links().front().id;
    for (const DirectLink& each : world.links()) {
      if (each.has(2) && each.has(4)) link = each.id;
    }
    if (direct == Direct::never) world.deliver(4, Way::data_up);  // its fin
    world.forget(4, way, link);
    world.post(4, on, {over});
    world.drain();
    CHECK(world.process(3).held.contains(over));
    bool told = world.ports(3).closed(peer_of(travels)).has_value();
    CHECK(told);
    CHECK(world.directory().limbo() == 0);
    world.close_everything();
    CHECK_MESSAGE(world.fine(), world.report());
  }
}

}  // namespace mullion::node::core::model
