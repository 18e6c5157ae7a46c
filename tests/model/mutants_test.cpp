// A protocol with one rule broken: the explorer must notice each, or what it finds nothing wrong with means little. The
// names of ipc.md 5.6 in their order, then those that direct links brought.
#include <doctest/doctest.h>

#include <cstdio>

#include "model/explorer.hpp"
#include "node/core/rules.hpp"

namespace mullion::node::core::model {
namespace {

// ---- Where each shows soonest

Scenario both_move(Direct direct) {
  Scenario scenario{
      .name = "both move", .channels = {{2, 3}, {2, 4}, {3, 4}}, .ends = {{1, 1}, {1, 1}}, .carriers = {1, 2}};
  scenario.world.direct = direct;
  return scenario;
}

Scenario dies(Direct direct) {
  Scenario scenario{
      .name = "one dies", .channels = {{2, 3}, {2, 4}}, .ends = {{1, 1}, {1, 0}}, .carriers = {1}, .crashes = 1};
  scenario.world.direct = direct;
  return scenario;
}

// What one end has to send waits, because its peer travels; then it closes, and its process dies with what was under
// way.
Scenario closes_and_dies(Direct direct) {
  Scenario scenario{.name = "closes and dies",
                    .channels = {{2, 3}, {2, 4}},
                    .ends = {{0, 1}, {2, 0, 1}},
                    .carriers = {1},
                    .crashes = 1,
                    .mortal = {3}};
  scenario.world.direct = direct;
  return scenario;
}

Scenario moves_twice(Direct direct) {
  Scenario scenario{.name = "one twice", .channels = {{2, 3}, {2, 4}}, .ends = {{2, 2}, {1, 0}}, .carriers = {1}};
  scenario.world.direct = direct;
  return scenario;
}

Scenario fails(Direct direct) {
  Scenario scenario{
      .name = "a link fails", .channels = {{2, 3}, {2, 4}}, .ends = {{1, 1}, {1, 0}}, .carriers = {1}, .breaks = 1};
  scenario.world.direct = direct;
  return scenario;
}

Scenario carry(Direct direct) {
  Scenario scenario{.name = "carry", .channels = {{2, 3}, {2, 3}, {3, 4}}, .carries = 2};
  scenario.world.direct = direct;
  return scenario;
}

Scenario carrier_closes(Direct direct) {
  Scenario scenario{.name = "carrier closes",
                    .channels = {{2, 3}, {2, 4}},
                    .ends = {{0, 1}, {0, 0}, {0, 0, 1}, {0, 0, 1}},
                    .carriers = {1}};
  scenario.world.direct = direct;
  return scenario;
}

Scenario lies_beside(Direct direct) {
  Scenario scenario{.name = "liar", .channels = {{2, 3}, {3, 4}}, .ends = {{1}, {}, {1}, {1}}, .lies = 1};
  scenario.world.direct = direct;
  return scenario;
}

// Both ends of one channel are in the same process as an end of another.
Scenario carry_own(Direct direct) {
  Scenario scenario{.name = "carry own", .channels = {{2, 2}, {2, 3}}, .carries = 2};
  scenario.world.direct = direct;
  return scenario;
}

// Both ends went on, one says more, and what it had said before is lost with the process that it left.
Scenario dies_behind(Direct direct) {
  Scenario scenario{.name = "dies behind",
                    .channels = {{2, 3}, {2, 4}, {3, 4}},
                    .ends = {{2, 1}, {0, 1}},
                    .carriers = {1, 2},
                    .crashes = 1,
                    .mortal = {2}};
  scenario.world.direct = direct;
  return scenario;
}

Scenario dies_on_the_way(Direct direct) {
  Scenario scenario{.name = "dies on the way",
                    .channels = {{2, 3}, {2, 4}},
                    .ends = {{0, 2}},
                    .carriers = {1},
                    .crashes = 1,
                    .mortal = {4}};
  scenario.world.direct = direct;
  return scenario;
}

Scenario lies_and_is_silent(Direct direct) {
  Scenario scenario{.name = "lies and is silent", .channels = {{3, 4}}, .lies = 2, .lying = Lying::on_links};
  scenario.world.direct = direct;
  return scenario;
}

Scenario lies_to_what_moves(Direct direct) {
  Scenario scenario{
      .name = "lies to what moves", .channels = {{3, 4}, {2, 3}}, .ends = {{0, 1}}, .carriers = {1}, .lies = 1};
  scenario.world.direct = direct;
  return scenario;
}

Scenario too_much(Direct direct) {
  Scenario scenario = too_much_unread();
  scenario.world.direct = direct;
  return scenario;
}

void notice(std::initializer_list<Scenario> scenarios, Fault fault, Rule rule) {
  for (Scenario scenario : scenarios) {
    scenario.world.fault = fault;
    broken_rule = rule;
    Found found = explore(scenario, 2'000'000);
    broken_rule = Rule::all;
    bool noticed = !found.problem.empty();
    std::printf("  %s after %zu states of %s, %s\n", noticed ? "noticed" : "MISSED", found.states,
                scenario.name.c_str(), scenario.world.direct == Direct::never ? "through main" : "direct");
    if (noticed) std::printf("    %s\n", found.problem.substr(0, found.problem.find('\n')).c_str());
    CHECK(noticed);
  }
}

void notice(Fault fault, std::initializer_list<Scenario> scenarios) { notice(scenarios, fault, Rule::all); }
void notice(Rule rule, std::initializer_list<Scenario> scenarios) { notice(scenarios, Fault::none, rule); }

constexpr Direct through_main = Direct::never;
constexpr Direct direct = Direct::always;

}  // namespace

TEST_CASE("model, a core that breaks nothing: nothing is noticed") {
  for (Direct links : {through_main, direct}) CHECK(explore(both_move(links)).problem.empty());
}

TEST_CASE("model, a core that says no fin: noticed") {
  notice(Fault::drop_fin, {both_move(through_main), both_move(direct)});
}
TEST_CASE("model, a core that answers no fin: noticed") {
  notice(Fault::drop_answer_fin, {both_move(through_main), both_move(direct)});
}
TEST_CASE("model, a core without tombstones: noticed") {
  notice(Fault::no_tombstone, {both_move(through_main), both_move(direct)});
}
TEST_CASE("model, a core that says drained before fin: noticed") {
  notice(Fault::drained_early, {both_move(through_main), both_move(direct)});
}
TEST_CASE("model, a core whose tombstones drop data: noticed") {
  notice(Fault::drop_mail_in, {both_move(through_main), both_move(direct)});
}
TEST_CASE("model, a core that ignores crossings: noticed") {
  notice(Fault::ignore_crossing, {moves_twice(through_main), moves_twice(direct)});
}
TEST_CASE("model, a core that does not stall on early data: noticed") {
  notice(Fault::drop_early_data, {both_move(through_main), both_move(direct)});
}
TEST_CASE("model, a core that splits mail from its release: noticed") {
  notice(Fault::split_mail, {both_move(through_main), both_move(direct)});
}
TEST_CASE("model, a core that leaves the outbox behind: noticed") {
  notice(Fault::drop_outbox, {moves_twice(through_main), moves_twice(direct)});
}
TEST_CASE("model, a core that lets ends outlive their carrier: noticed") {
  notice(Rule::cargo_dies_with_its_carrier, {carrier_closes(through_main), carrier_closes(direct)});
}
TEST_CASE("model, a core that looks for no circles: noticed") {
  notice(Rule::rings_die, {carry(through_main), carry(direct)});
}
TEST_CASE("model, a core that looks for circles along carriers only: noticed") {
  notice(Rule::rings_pass_through_mail, {carry_own(through_main), carry_own(direct)});
}
TEST_CASE("model, a core that ignores the death of who was to drain: noticed") {
  notice(Rule::death_drains, {dies(through_main), dies(direct)});
}
TEST_CASE("model, a core that takes a hang-up for a fin: noticed") {
  notice(Fault::lossless_death, {dies_behind(through_main), dies_behind(direct)});
}
TEST_CASE("model, a core that sends mail after a loss: noticed") {
  notice(Rule::nothing_follows_loss, {closes_and_dies(through_main), closes_and_dies(direct)});
}
TEST_CASE("model, a core that hears a hang-up before what the link holds: noticed") {
  notice(Fault::early_hang_up, {dies(direct)});
}
TEST_CASE("model, a core that drops the claim of who died since: noticed") {
  notice(Fault::drop_dead_claim, {dies_on_the_way(through_main), dies_on_the_way(direct)});
}

TEST_CASE("model, a core that sends an end before its release is known: noticed") {
  notice(Fault::eager_send, {both_move(through_main), both_move(direct)});
}
TEST_CASE("model, a core that loses messages: noticed") { notice(Fault::drop_data, {both_move(through_main)}); }
TEST_CASE("model, a core that swaps messages: noticed") { notice(Fault::swap_data, {moves_twice(through_main)}); }
TEST_CASE("model, a core that never says drained: noticed") { notice(Fault::drop_drained, {both_move(direct)}); }
TEST_CASE("model, a core that never claims: noticed") { notice(Fault::drop_claim, {both_move(direct)}); }
TEST_CASE("model, a core that is deaf to hang-ups: noticed") { notice(Fault::deaf_to_hang_up, {fails(direct)}); }
TEST_CASE("model, a core that tells nobody of a link that failed: noticed") {
  notice(Fault::drop_link_failed, {fails(direct)});
}
TEST_CASE("model, a core that is not told that a link is over: noticed") {
  notice(Fault::drop_link_over, {fails(direct)});
}
TEST_CASE("model, a core that opens over a link that failed: noticed") {
  notice(Rule::lost_links_stay_lost, {fails(direct)});
}
TEST_CASE("model, a core whose tombstones do not see a hang-up: noticed") {
  notice(Rule::tombstones_see_hang_up, {dies(direct)});
}
TEST_CASE("model, a core that waits for a liar's last word: noticed") {
  notice(Rule::loss_waits_for_nobody, {lies_and_is_silent(direct)});
}
TEST_CASE("model, a core that claims whatever a link brings: noticed") {
  notice(Rule::ports_are_checked, {lies_beside(direct)});
}
TEST_CASE("model, a core that keeps the ports of forged mail: noticed") {
  notice(Rule::mail_is_stripped, {lies_to_what_moves(direct)});
}
TEST_CASE("model, a core that goes on after a refusal: noticed") {
  notice(Rule::nothing_follows_refusal, {too_much(through_main), too_much(direct)});
}
TEST_CASE("model, a core that forgets to take messages off their sender's ledger: noticed") {
  notice(Rule::charges_are_returned, {too_much(through_main), too_much(direct)});
}

}  // namespace mullion::node::core::model
