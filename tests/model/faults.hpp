// Ways to break the protocol, each of which the model must notice: the mutations of ipc.md 5.6 and those of direct
// links.
//
// Those that the runtime around the core could be guilty of act on the model's streams (drop, alter, reorder a packet).
// Those that only the core could be guilty of are in the core, behind core::broken(Rule) (src/node/core/rules.hpp),
// which is a constant false in the product and a variable in this test's own build of the same files.
#pragma once

#include <cstdint>
#include <set>
#include <utility>

#include "node/core/types.hpp"

namespace mullion::node::core::model {

enum class Fault : std::uint8_t {
  none,
  drop_fin,         // no Fin
  drop_answer_fin,  // no reply Fin
  no_tombstone,     // what arrives for an end that has left is forgotten, Fin as well
  drained_early,    // Drained before Fin
  drop_mail_in,     // a tombstone drops data
  ignore_crossing,  // an Open or CloseFinal that crossed a Release is ignored
  drop_early_data,  // no stall on early data
  split_mail,       // mail apart from its Release
  drop_outbox,      // what was not sent stays behind
  lossless_death,   // HUP treated as lossless
  early_hang_up,    // HUP handled before what the link still holds
  drop_dead_claim,  // a Claim is ignored when its sender has died since
  eager_send,       // a message does not wait for the ReleaseAck of what it carries
  drop_data,
  drop_drained,
  drop_claim,
  swap_data,
  drop_link_over,    // a process is not told that a link is over
  deaf_to_hang_up,   // a process does not notice that a link is over
  drop_link_failed,  // the broker is not told that a link is over
};

// What was seen of a run, where a fault depends on it.
struct FaultMemory {
  std::set<std::pair<EndId, Epoch>> fins{};
  std::set<std::pair<EndId, Epoch>> drained{};  // too early
};

}  // namespace mullion::node::core::model
