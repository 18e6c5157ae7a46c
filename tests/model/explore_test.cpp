// Every interleaving of small worlds: what programs do, every order in which streams are read, what dies and what lies.
// Each scenario is explored over links through the broker and over direct ones, and some over both at once, or with
// control and data of the broker's links in one stream.
#include <doctest/doctest.h>

#include "model/report.hpp"

namespace mullion::node::core::model {
namespace {

// A channel that is observed, and one from each of its holders to node 4, over which its ends can go.
const Channels triangle{{2, 3}, {2, 4}, {3, 4}};

void check(const Scenario& scenario) {
  Found found = explore_and_report(scenario, most_states);
  CHECK((found.complete || most_states <= 3'000));
}

void check(Scenario scenario, std::initializer_list<Direct> directs) {
  for (Direct direct : directs) {
    scenario.world.direct = direct;
    check(scenario);
  }
}

constexpr auto both = {Direct::never, Direct::always};
constexpr auto all = {Direct::never, Direct::first_pair, Direct::always};
constexpr auto direct = {Direct::always};

Scenario merged(Scenario scenario) {
  scenario.world.merged = true;
  return scenario;
}

}  // namespace

TEST_CASE("model, every interleaving: both ends move at once") {
  Scenario scenario{.name = "both move", .channels = triangle, .ends = {{1, 1}, {1, 1}}, .carriers = {1, 2}};
  check(scenario, all);
  check(merged(scenario), all);
  scenario.name = "both move, two messages each way";
  scenario.ends = {{2, 1}, {2, 1}};
  check(scenario, direct);
}

TEST_CASE("model, every interleaving: both ends move to each other's process") {
  check({.name = "both cross", .channels = {{2, 3}, {2, 3}}, .ends = {{1, 1}, {1, 1}}, .carriers = {1}}, both);
}

TEST_CASE("model, every interleaving: one end moves twice") {
  check({.name = "one twice", .channels = {{2, 3}, {2, 4}}, .ends = {{2, 2}, {1, 0}}, .carriers = {1}}, both);
}

TEST_CASE("model, every interleaving: main hands its end on") {
  check({.name = "from main", .channels = {{1, 2}, {1, 3}}, .ends = {{1, 1}, {2, 0, 1}}, .carriers = {1}}, both);
}

TEST_CASE("model, every interleaving: ends move and close") {
  check({.name = "both move, one closes",
         .channels = triangle,
         .ends = {{1, 1, 1}, {1, 1, 1}},
         .carriers = {1, 2},
         .closes = 1},
        both);
  check({.name = "carrier closes",
         .channels = {{2, 3}, {2, 4}},
         .ends = {{1, 1}, {1, 0}, {0, 0, 1}, {0, 0, 1}},
         .carriers = {1}},
        both);
}

TEST_CASE("model, every interleaving: ends carry each other, themselves in circles, and their own peers") {
  Scenario scenario{.name = "carry", .channels = {{2, 3}, {2, 3}, {3, 4}}, .carries = 2};
  check(scenario, all);
  check({.name = "carry, undelivered", .channels = {{2, 3}, {2, 3}}, .carries = 3, .wait_to_take = true}, direct);
}

TEST_CASE("model, every interleaving: one process dies") {
  Scenario scenario{.name = "one moves, one dies",
                    .channels = {{2, 3}, {2, 4}},
                    .ends = {{1, 1}, {1, 0}},
                    .carriers = {1},
                    .crashes = 1};
  check(scenario, all);
  check(merged(scenario), both);
  check({.name = "both cross, one dies",
         .channels = {{2, 3}, {2, 3}},
         .ends = {{1, 1}, {0, 1}},
         .carriers = {1},
         .crashes = 1},
        both);
  check({.name = "one moves, one closes, one dies",
         .channels = {{2, 3}, {2, 4}},
         .ends = {{1, 1}, {1, 0, 1}},
         .carriers = {1},
         .crashes = 1},
        {Direct::never});
  check({.name = "carry, one dies", .channels = {{2, 3}, {2, 4}}, .carries = 2, .crashes = 1}, both);
}

TEST_CASE("model, every interleaving: two processes die") {
  check({.name = "one moves, two die",
         .channels = {{2, 3}, {2, 4}},
         .ends = {{1, 1}, {1, 0}},
         .carriers = {1},
         .crashes = 2},
        {Direct::never});
  check({.name = "one moves, two die",
         .channels = {{2, 3}, {2, 4}},
         .ends = {{0, 1}, {1, 0}},
         .carriers = {1},
         .crashes = 2},
        direct);
}

TEST_CASE("model, every interleaving: a link fails, and nobody dies") {
  check({.name = "one moves, a link fails",
         .channels = {{2, 3}, {2, 4}},
         .ends = {{1, 1}, {1, 0}},
         .carriers = {1},
         .breaks = 1},
        direct);
  check({.name = "both cross, a link fails",
         .channels = {{2, 3}, {2, 3}},
         .ends = {{1, 1}, {0, 1}},
         .carriers = {1},
         .breaks = 1},
        direct);
}

TEST_CASE("model, every interleaving: a window of one message") {
  Scenario scenario{.name = "window of one", .channels = {{2, 3}, {2, 4}}, .ends = {{2, 1}, {1, 0}}, .carriers = {1}};
  scenario.world.window_bytes = 1000;
  scenario.world.window_messages = 1;
  check(scenario, both);
}

TEST_CASE("model, every interleaving: what is attached goes where its message goes") {
  check({.name = "attached, both move",
         .channels = {{2, 3}, {2, 4}},
         .ends = {{1, 1}, {1, 0}},
         .carriers = {1},
         .attachments = 2,
         .crashes = 1},
        {Direct::always});
}

TEST_CASE("model, every interleaving: main hands on an end that has more unread than its sender may have there") {
  check(too_much_unread(), both);
}

TEST_CASE("model, every interleaving: a hostile process says any one word at any time") {
  check({.name = "liar beside", .channels = {{2, 3}, {3, 4}}, .ends = {{1}, {}, {1}, {1}}, .lies = 1}, both);
  check({.name = "liar beside a move",
         .channels = {{2, 3}, {2, 3}, {3, 4}},
         .ends = {{1, 1}},
         .carriers = {1},
         .lies = 1},
        both);
  check(
      {.name = "liar and what moves", .channels = {{3, 4}, {2, 3}}, .ends = {{0, 1}, {1}}, .carriers = {1}, .lies = 1},
      both);
}

TEST_CASE("model, every interleaving: a hostile process writes anything on its link, twice, or falls silent") {
  check({.name = "liar on its link", .channels = {{3, 4}}, .ends = {{1}}, .lies = 2, .lying = Lying::on_links}, direct);
}

}  // namespace mullion::node::core::model
