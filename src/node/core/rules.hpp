// The rules of the protocol that only a look from outside can miss: the model's own build of these files
// (tests/model/mutants_test.cpp) breaks them one at a time and must notice each. In the product they are constants.
#pragma once

#include <cstdint>

namespace mullion::node::core {

enum class Rule : std::uint8_t {
  all,                          // broken: none
  cargo_dies_with_its_carrier,  // rule 9
  rings_die,                    // rule 10
  rings_pass_through_mail,      // rule 10, beyond carriers
  death_drains,                 // rule 11: the epochs that a dead process was to drain are drained, with loss
  nothing_follows_loss,         // rule 8: what a closer had not sent stays unsent when something before it is missing
  loss_waits_for_nobody,        // a side that has drained hears the end, though the other never says so
  lost_links_stay_lost,         // an Open that crossed a link's failure ends at once
  tombstones_see_hang_up,       // rule 11, for ends that have left
  ports_are_checked,            // nobody claims what a direct link brought before the broker has confirmed it
  mail_is_stripped,             // of ports that a direct link brought and nobody sent
  nothing_follows_refusal,      // a message for which its sender's ledger has no room is the last of its epoch
  charges_are_returned,         // a ledger counts what main keeps, no longer than main keeps it
};

#ifdef MULLION_MUTATION
inline Rule broken_rule = Rule::all;
inline bool kept(Rule rule) { return rule != broken_rule; }
#else
constexpr bool kept(Rule) { return true; }
#endif

}  // namespace mullion::node::core
