// What takes minutes to hours: skipped unless asked for.
//   model --no-skip -ts="at length"                      everything here
//   MODEL_SEED=7 MODEL_WALKS=100 model --no-skip -tc="*random walks*"
#include <doctest/doctest.h>

#include <cstdio>
#include <cstdlib>
#include <random>

#include "model/liar.hpp"
#include "model/report.hpp"
#include "model/schedule.hpp"

namespace mullion::node::core::model {
namespace {

const Channels triangle{{2, 3}, {2, 4}, {3, 4}};

void over(std::initializer_list<Direct> directs, Scenario scenario) {
  for (Direct direct : directs) {
    scenario.world.direct = direct;
    explore_and_report(scenario, most_states);
  }
}

constexpr auto both = {Direct::never, Direct::always};
constexpr auto direct = {Direct::always};

std::uint64_t from_environment(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text ? std::strtoull(text, nullptr, 10) : otherwise;
}

WorldOptions any_options(Choice& choice) {
  WorldOptions options{.nodes = 6};
  options.direct = static_cast<Direct>(choice.below(3));
  options.merged = choice.one_in(2);
  bool unbounded = choice.one_in(4);
  if (unbounded) options.window_bytes = options.window_messages = 0;
  if (!unbounded && choice.one_in(4))
    options.quotas = Quotas{.limbo = 4, .kept_bytes = 4000, .links = 3, .window_bytes = 400, .window_messages = 5};
  return options;
}

// Six processes and about twenty channels, until everything that can go wrong has.
void walk(std::uint64_t seed) {
  Choice choice(seed);
  World world(any_options(choice));
  if (world.options().quotas) world.edit_history().refusals = true;
  connect_all(world);
  for (NodeId id = broker_node + 1; id < world.last_node(); ++id) world.channel(id, world.last_node());
  Odds odds{.most_ends = 60, .close = choice.one_in(3), .rings = choice.one_in(3)};
  if (choice.one_in(2)) odds.kill = 5000;
  if (choice.one_in(2)) odds.break_link = 2000;
  Liar liar(world, choice);
  bool lies = choice.one_in(3);
  if (lies) {
    world.liar = world.last_node();
    world.cut_off = choice.one_in(2);
    odds.liar = [&](NodeId at) { liar.step(at); };
    liar.begin(world.liar);
  }
  Schedule schedule(world, choice, odds);
  for (std::size_t i = 0; i < 20'000 && world.fine(); ++i) schedule.step();
  if (lies) liar.end(world.liar);
  world.drain();
  world.check_at_rest();
  world.close_everything();
  CAPTURE(seed);
  REQUIRE_MESSAGE(world.fine(), world.report());
  REQUIRE(world.attached() == 0);
}

}  // namespace

TEST_SUITE("at length" * doctest::skip()) {
  TEST_CASE("model, at length: random walks of six processes and twenty channels") {
    std::uint64_t first = from_environment("MODEL_SEED", std::random_device()());
    std::uint64_t walks = from_environment("MODEL_WALKS", 20'000);
    std::printf("MODEL_SEED=%llu MODEL_WALKS=%llu\n", static_cast<unsigned long long>(first),
                static_cast<unsigned long long>(walks));
    std::fflush(stdout);
    for (std::uint64_t seed = first; seed < first + walks; ++seed) walk(seed);
  }

  TEST_CASE("model, at length: both ends move, with two messages each way") {
    over(both, {.name = "both move, two messages", .channels = triangle, .ends = {{2, 1}, {2, 1}}, .carriers = {1, 2}});
    over(both, {.name = "both move, one twice", .channels = triangle, .ends = {{1, 2}, {1, 1}}, .carriers = {1, 2}});
    over(both, {.name = "both move twice", .channels = {{2, 3}, {2, 3}}, .ends = {{1, 2}, {1, 2}}, .carriers = {1}});
  }

  TEST_CASE("model, at length: both ends move and one process dies") {
    over(both, {.name = "both move, one dies",
                .channels = triangle,
                .ends = {{1, 1}, {1, 1}},
                .carriers = {1, 2},
                .crashes = 1});
    over(both, {.name = "one twice, one dies",
                .channels = {{2, 3}, {2, 4}},
                .ends = {{1, 2}, {1, 0}},
                .carriers = {1},
                .crashes = 1});
    over(both, {.name = "carry, one dies", .channels = {{2, 3}, {2, 3}, {3, 4}}, .carries = 2, .crashes = 1});
  }

  TEST_CASE("model, at length: two processes die") {
    over(both, {.name = "one moves, two die",
                .channels = {{2, 3}, {2, 4}},
                .ends = {{1, 1}, {1, 0}},
                .carriers = {1},
                .crashes = 2});
    over(both, {.name = "both cross, two die",
                .channels = {{2, 3}, {2, 3}},
                .ends = {{1, 1}, {1, 1}},
                .carriers = {1},
                .crashes = 2});
    over(both, {.name = "both move, two die",
                .channels = triangle,
                .ends = {{1, 1}, {0, 1}},
                .carriers = {1, 2},
                .crashes = 2});
  }

  TEST_CASE("model, at length: ends close meanwhile") {
    over(both,
         {.name = "both move, both close", .channels = triangle, .ends = {{1, 1, 1}, {1, 1, 1}}, .carriers = {1, 2}});
    over(both, {.name = "one moves, one closes, one dies",
                .channels = {{2, 3}, {2, 4}},
                .ends = {{1, 1, 1}, {1, 0, 1}},
                .carriers = {1},
                .closes = 1,
                .crashes = 1});
  }

  TEST_CASE("model, at length: ends carry each other") {
    over(both, {.name = "carry three times", .channels = {{2, 3}, {2, 3}, {3, 4}}, .carries = 3});
    over(both, {.name = "carry own, three times", .channels = {{2, 2}, {2, 3}}, .carries = 3, .wait_to_take = true});
  }

  TEST_CASE("model, at length: links fail") {
    over(direct, {.name = "both move, a link fails",
                  .channels = triangle,
                  .ends = {{1, 1}, {1, 1}},
                  .carriers = {1, 2},
                  .breaks = 1});
    over(direct, {.name = "one moves, two links fail",
                  .channels = {{2, 3}, {2, 4}},
                  .ends = {{1, 1}, {1, 0}},
                  .carriers = {1},
                  .breaks = 2});
    over(direct, {.name = "one moves, a link fails, one dies",
                  .channels = {{2, 3}, {2, 4}},
                  .ends = {{1, 1}, {1, 0}},
                  .carriers = {1},
                  .crashes = 1,
                  .breaks = 1});
  }

  TEST_CASE("model, at length: a hostile process says any two words") {
    over(both,
         {.name = "liar beside, two words", .channels = {{2, 3}, {3, 4}}, .ends = {{1}, {}, {1}, {1}}, .lies = 2});
    over(both, {.name = "liar and what moves, two words",
                .channels = {{3, 4}, {2, 3}},
                .ends = {{0, 1}, {1}},
                .carriers = {1},
                .lies = 2});
    over(both, {.name = "liar beside a move",
                .channels = {{2, 3}, {2, 3}, {3, 4}},
                .ends = {{1, 1}, {1}},
                .carriers = {1},
                .lies = 1});
  }
}

}  // namespace mullion::node::core::model
