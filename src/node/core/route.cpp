// What goes through the broker from link to link, and what the end of a process means for it.
#include <utility>

#include "node/core/directory.hpp"

namespace mullion::node::core {
namespace {

std::unexpected<Violation> lie(NodeId from, std::string why) {
  return std::unexpected(Violation{from, std::move(why)});
}

}  // namespace

// Whoever asks for much and reads nothing would fill the broker's memory with it.
bool Directory::asks_too_much(const Quotas& quotas, const Side& peer, const RecordView& credit) {
  auto beyond = [](std::uint64_t granted, std::int64_t before, std::uint64_t most) {
    if (granted > std::uint64_t{1} << 40) return true;
    return granted > 0 && before + static_cast<std::int64_t>(granted) > static_cast<std::int64_t>(most);
  };
  return beyond(credit.bytes, peer.may_bytes, quotas.window_bytes) ||
         beyond(credit.messages, peer.may_messages, quotas.window_messages);
}

Verdict Directory::check_record(NodeId from, const Quotas& quotas, const Side& side, const Side& peer,
                                const RecordView& record) const {
  bool bounded = quotas.window_bytes != 0;
  if (side.fin_routed) return lie(from, "went on after fin");
  switch (record.kind) {
    case RecordKind::data:
      if (bounded && (side.may_bytes <= 0 || side.may_messages <= 0)) return lie(from, "sent more than was asked for");
      if (record.ports.empty()) return {};
      return check_carried(from, record.ports, peer_of(record.end), true);
    case RecordKind::credit:
      if (bounded && asks_too_much(quotas, peer, record)) return lie(from, "asked for more than it may");
      return {};
    case RecordKind::fin:
      return {};
    case RecordKind::lost:
      break;
  }
  return lie(from, "sent a record that only the broker sends");
}

void Directory::account(Side& side, Side& peer, const RecordView& record) {
  if (record.kind == RecordKind::fin) side.fin_routed = true;
  if (record.kind == RecordKind::data) {
    side.may_bytes -= static_cast<std::int64_t>(record.bytes);
    side.may_messages -= 1;
    if (!record.ports.empty()) mark(record.ports, Where::sailed);
  }
  if (record.kind == RecordKind::credit) {
    peer.may_bytes += static_cast<std::int64_t>(record.bytes);
    peer.may_messages += record.messages;
  }
}

// Records of an epoch come from its anchor on one side and go to its anchor on the other. Once a channel is closing,
// records that were written before are still on their way: those that find nobody are dropped, with the ends in them.
std::expected<NodeId, Violation> Directory::route(NodeId from, const RecordView& record) {
  auto node = nodes_.find(from);
  if (node == nodes_.end() || !node->second.alive) return 0;
  Channel* channel = this->channel(record.end);
  if (!channel && !existed(record.end)) return lie(from, "sent from an end that was never made");
  if (!channel) return 0;
  Side& side = channel->sides[record.end & 1];
  Side& peer = channel->sides[1 - (record.end & 1)];
  bool fits = side.anchor == from && side.epoch == record.epoch && channel->link == broker_link && !channel->over;
  if (!fits && !channel->closing) return lie(from, "sent from an end that it does not hold, or in a wrong epoch");
  if (fits) {
    if (Verdict fine = check_record(from, node->second.quotas, side, peer, record); !fine) {
      return std::unexpected(std::move(fine.error()));
    }
    account(side, peer, record);
  }
  bool heard = fits && !side.loss_routed && peer.drained != peer.epoch && nodes_.at(peer.anchor).alive;
  if (heard) return peer.anchor;
  drop(record.ports, channel->reason);
  settle_all();
  return 0;
}

// Both sides hear that nothing more comes, as if the other's process had ended; a side that hears fin knows.
void Directory::refuse(EndId end, std::span<const Carried> ports) {
  drop(ports, CloseReason::refused);
  Channel* channel = this->channel(end);
  if (!channel || channel->over) return settle_all();
  fail(end, CloseReason::refused);
  for (unsigned i : {0u, 1u}) {
    Side& side = channel->sides[i];
    const Side& peer = channel->sides[1 - i];
    bool listens = channel->link == broker_link && !side.fin_routed && peer.drained != peer.epoch &&
                   nodes_.at(peer.anchor).alive;
    if (listens && !std::exchange(side.loss_routed, true)) sink_->lost(peer.anchor, (end & ~EndId{1}) + i, side.epoch);
  }
  settle_all();
}

NodeId Directory::receiver(EndId end) const {
  const Channel* channel = this->channel(end);
  if (!channel) return 0;
  const Side& peer = channel->sides[1 - (end & 1)];
  return peer.drained != peer.epoch ? peer.anchor : 0;
}

// Rule 11, where the broker is the link: the survivor reads what had come through, and then that nothing more will.
void Directory::tell_lost(NodeId node, EndId end) {
  Channel& channel = *this->channel(end);
  Side& side = channel.sides[end & 1];
  const Side& peer = channel.sides[1 - (end & 1)];
  bool cut = side.anchor == node && !side.fin_routed && channel.link == broker_link && !channel.over;
  bool listens = peer.anchor != node && peer.drained != peer.epoch && nodes_.at(peer.anchor).alive;
  if (cut && listens && !std::exchange(side.loss_routed, true)) sink_->lost(peer.anchor, end, side.epoch);
}

void Directory::node_died(NodeId id, CloseReason reason) {
  auto node = nodes_.find(id);
  if (node == nodes_.end() || !std::exchange(node->second.alive, false)) return;
  end_links_of(id, reason);
  for (EndId first : sorted_channels()) {
    for (EndId end : {first, peer_of(first)}) {
      tell_lost(id, end);
      Side& side = *this->side(end);
      if (side.anchor == id && side.drained != side.epoch && kept(Rule::death_drains)) {
        side.drained = side.epoch;
        if (!channel(end)->over) fail(end, reason);
        settle(end);
      }
      if (side.place == Place::owned && side.owner == id) doom(end, reason);
    }
  }
  settle_all();
}

}  // namespace mullion::node::core
