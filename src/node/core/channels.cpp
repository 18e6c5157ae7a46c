// What follows from a change: epochs begin, channels end, and what travelled to a dead end dies with it.
#include <algorithm>
#include <set>
#include <utility>

#include "node/core/directory.hpp"

namespace mullion::node::core {

Directory::Side* Directory::side(EndId end) {
  Channel* found = channel(end);
  return found ? &found->sides[end & 1] : nullptr;
}

const Directory::Side* Directory::side(EndId end) const {
  const Channel* found = channel(end);
  return found ? &found->sides[end & 1] : nullptr;
}

bool Directory::existed(EndId end) const {
  auto it = nodes_.find(maker_of(end));
  return it != nodes_.end() && count_of(end) <= it->second.made;
}

bool Directory::travels(EndId end) const {
  const Side* side = this->side(end);
  return side && side->place == Place::limbo;
}

// Rule 10. What must be received before this end can be: the end that its message goes to and, while the message waits
// here for an epoch to begin, the end that it comes from. (The rule as first written had the latter for messages from
// that end only. But messages to an end wait for both, too.)
std::array<EndId, 2> Directory::waits_for(EndId end) const {
  const Side& side = *this->side(end);
  bool waits_here =
      kept(Rule::rings_pass_through_mail) && (side.where == Where::mail_out || side.where == Where::mail_in);
  const Channel* over = channel(side.carrier);
  EndId sender = over && !over->closing && waits_here ? peer_of(side.carrier) : 0;
  return {side.carrier, sender};
}

// An end that waits for itself, among those that can be reached from the suspects. One pass, whatever a process sent.
EndId Directory::find_ring(std::vector<EndId> suspects) const {
  std::map<EndId, bool> seen;  // and whether everything behind it is done
  while (!suspects.empty()) {
    EndId at = suspects.back();
    auto [it, first] = seen.try_emplace(at, false);
    if (!first || !travels(at)) {
      it->second = true;
      suspects.pop_back();
      continue;
    }
    for (EndId next : waits_for(at)) {
      auto before = seen.find(next);
      if (before != seen.end() && !before->second) return next;
      if (before == seen.end() && travels(next)) suspects.push_back(next);
    }
  }
  return 0;
}

// Something was lost or refused: no epoch will begin, and nothing may follow what has arrived.
void Directory::fail(EndId end, CloseReason reason) {
  Channel& channel = *this->channel(end);
  if (!std::exchange(channel.closing, true)) channel.reason = reason;
  channel.loss = true;
  settle(end);
}

void Directory::settle(EndId end) { touched_.push_back(end & ~EndId{1}); }

void Directory::settle_all() {
  while (!doomed_.empty() || !touched_.empty() || !suspects_.empty()) {
    if (!doomed_.empty()) {
      Doomed next = doomed_.back();
      doomed_.pop_back();
      bury(next.end, next.reason);
    } else if (!touched_.empty()) {
      EndId next = touched_.back();
      touched_.pop_back();
      settle_channel(next);
    } else if (EndId ring = kept(Rule::rings_die) ? find_ring(suspects_) : 0) {
      doom(ring, CloseReason::closed);
    } else {
      suspects_.clear();
    }
  }
}

// Rule 9. What was on its way to it can no longer arrive.
void Directory::bury(EndId end, CloseReason reason) {
  Side* side = this->side(end);
  if (!side || side->place == Place::dead) return;
  leave_place(end, *side);
  side->place = Place::dead;
  Channel& channel = *this->channel(end);
  if (!std::exchange(channel.closing, true)) channel.reason = reason;
  if (kept(Rule::cargo_dies_with_its_carrier)) {
    for (EndId cargo : std::exchange(side->cargo, {})) doom(cargo, reason);
  }
  drop(std::move(side->in), reason);
  settle(end);
}

void Directory::leave_place(EndId end, Side& side) {
  Node& node = nodes_[side.owner];
  if (side.place == Place::owned) --node.ends;
  if (side.place != Place::limbo) return;
  --node.limbo;
  if (Side* carrier = this->side(side.carrier)) std::erase(carrier->cargo, end);
}

void Directory::settle_channel(EndId first) {
  Channel* channel = this->channel(first);
  if (!channel) return;
  auto& [a, b] = channel->sides;
  bool drained = a.drained == a.epoch && b.drained == b.epoch;
  if (!channel->closing) {
    if (drained) account_for_cargo(*channel);
    if (drained && a.place == Place::owned && b.place == Place::owned) open(first, *channel);
    return;
  }
  bool done = (a.finalised || a.drained == a.epoch) && (b.finalised || b.drained == b.epoch);
  if (!channel->over && done) finish(first, *channel);
  // When their link is over nobody waits for the other side, which may be what ended it.
  bool parted = channel->loss && is_direct(channel->link) && !links_.contains(channel->link);
  if (!channel->over && !(parted && kept(Rule::loss_waits_for_nobody))) return;
  for (int i : {0, 1}) {
    Side& side = channel->sides[i];
    bool due = side.place == Place::owned && !side.finalised && side.drained == side.epoch;
    if (due) send_final(first + i, side, channel->reason);
  }
  if (drained && a.place == Place::dead && b.place == Place::dead) channels_.erase(first);
}

// Rule 5.
void Directory::open(EndId first, Channel& channel) {
  auto& [a, b] = channel.sides;
  Epoch epoch = a.epoch + 1;
  auto link = choose_link(a.owner, b.owner);
  if (!link) return fail(first, CloseReason::refused);
  channel.link = *link;
  channel.reason_if_lost = CloseReason::peer_exited;
  begin_epoch(a, epoch);
  begin_epoch(b, epoch);
  std::array<Mail, 2> in{deliver(a.in, a.owner, Where::sailed), deliver(b.in, b.owner, Where::sailed)};
  std::array<Mail, 2> out{deliver(a.out, a.owner, Where::sender), deliver(b.out, b.owner, Where::sender)};
  if (channel.link == self_link) {
    sink_->down(a.owner, OpenLocal{first, epoch, std::move(in), std::move(out)});
    return;
  }
  for (int i : {0, 1}) {
    NodeId owner = channel.sides[i].owner;
    sink_->down(owner, Open{first + i, epoch, channel.link, std::move(in[i]), std::move(out[i])});
  }
}

// An epoch is drained. A message that was to come from an end that has left, that did not leave with it and that nobody
// has seen arrive will be seen by nobody: its sender lied. What never left a process arrived there unseen. And one that
// has arrived at an end that has left since, and did not leave with that, was swallowed there.
void Directory::account_for_cargo(Channel& channel) {
  for (int i : {0, 1}) {
    const Side& side = channel.sides[i];
    const Side& peer = channel.sides[1 - i];
    if (!side.left) continue;
    for (EndId end : side.cargo) {
      if (this->side(end)->where == Where::sailed) doom(end, CloseReason::closed);
    }
    bool arrived = channel.link == self_link && !peer.left;
    for (EndId end : peer.cargo) {
      Side& cargo = *this->side(end);
      if (!std::exchange(cargo.unseen, false)) continue;
      if (arrived) cargo.where = Where::sailed;
      if (!arrived) doom(end, CloseReason::closed);
    }
  }
}

void Directory::begin_epoch(Side& side, Epoch epoch) {
  side.epoch = epoch;
  side.anchor = side.owner;
  side.fin_routed = side.loss_routed = false;
  side.left = false;
  side.may_bytes = side.may_messages = 0;
}

// The last epoch is drained: what one end that is gone had not sent goes to the other, unless something is missing
// before it.
void Directory::finish(EndId first, Channel& channel) {
  channel.over = true;
  for (int i : {0, 1}) {
    Side& side = channel.sides[i];
    Side& peer = channel.sides[1 - i];
    bool whole = peer.place == Place::dead && side.place != Place::dead && !side.cut &&
                 !(channel.loss && kept(Rule::nothing_follows_loss));
    if (!whole) {
      drop(std::move(peer.out), channel.reason);
      continue;
    }
    store(side.in, side.in.size(), std::exchange(peer.out, {}), Where::mail_in);
  }
  settle(first);
}

// Rule 8. A step of its own, so that a Release that crosses it can be told from one that follows.
void Directory::send_final(EndId end, Side& side, CloseReason reason) {
  ++side.epoch;
  side.anchor = side.owner;
  side.finalised = true;
  sink_->down(side.owner, CloseFinal{end, side.epoch, reason, deliver(side.in, side.owner, Where::sailed)});
}

std::vector<EndId> Directory::sorted_channels() const {
  std::vector<EndId> firsts;
  firsts.reserve(channels_.size());
  for (const auto& [first, channel] : channels_) firsts.push_back(first);
  std::sort(firsts.begin(), firsts.end());
  return firsts;
}

std::optional<NodeId> Directory::owner(EndId end) const {
  const Side* side = this->side(end);
  if (!side || side->place != Place::owned) return std::nullopt;
  return side->owner;
}

bool Directory::gone(EndId end) const {
  const Side* side = this->side(end);
  return existed(end) && (!side || side->place == Place::dead);
}

std::size_t Directory::limbo() const {
  std::size_t count = 0;
  for (const auto& [id, node] : nodes_) count += node.limbo;
  return count;
}

std::size_t Directory::letters() const {
  std::size_t count = 0;
  for (const auto& [first, channel] : channels_) {
    for (const Side& side : channel.sides) count += side.in.size() + side.out.size();
  }
  return count;
}

std::uint32_t Directory::ends_of(NodeId node) const {
  auto it = nodes_.find(node);
  return it == nodes_.end() ? 0 : it->second.ends;
}

std::uint32_t Directory::links_of(NodeId node) const {
  auto it = nodes_.find(node);
  return it == nodes_.end() ? 0 : it->second.links;
}

std::uint64_t Directory::kept_of(NodeId node) const {
  auto it = nodes_.find(node);
  return it == nodes_.end() ? 0 : it->second.kept;
}

}  // namespace mullion::node::core
