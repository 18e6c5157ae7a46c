// States as numbers, so that an explorer can tell whether it was here before.
#include <algorithm>

#include "node/core/directory.hpp"
#include "node/core/ports.hpp"

namespace mullion::node::core {
namespace {

using Words = std::vector<std::uint64_t>;

void put(Words& out, const Parcel& parcel) {
  std::uint64_t hash = 0xCBF29CE484222325u;  // FNV-1a
  for (std::byte byte : parcel.body) hash = (hash ^ static_cast<std::uint64_t>(byte)) * 0x100000001B3u;
  out.push_back(hash);
  out.push_back(parcel.body.size());
  out.push_back(parcel.ports.size());
  out.push_back(parcel.attachments.size());
  out.push_back(parcel.check);
  out.push_back(parcel.payer);
  for (const Carried& carried : parcel.ports) out.insert(out.end(), {carried.end, carried.token});
}

void put(Words& out, const ParcelQueue& queue) {
  out.push_back(queue.size());
  for (const Parcel& parcel : queue) put(out, parcel);
}

template <class... Flags>
std::uint64_t bits(Flags... flags) {
  std::uint64_t word = 0;
  ((word = word << 8 | static_cast<std::uint8_t>(flags)), ...);
  return word;
}

std::uint64_t word(std::int64_t number) { return static_cast<std::uint64_t>(number); }

}  // namespace

bool Ports::quiet() const {
  bool waits = !tombstones_.empty() || !pending_.empty() || !waiting_.empty() || !checks_.empty();
  if (waits || !lost_links_.empty() || !over_links_.empty()) return false;
  return std::all_of(ends_.begin(), ends_.end(), [](const auto& entry) {
    return entry.second.state != State::corked && entry.second.outbox.empty();
  });
}

void Ports::fingerprint(Words& out) const {
  out.insert(out.end(), {bits(ended_), made_, tokens_, owned_, ends_.size()});
  for (EndId id : sorted_ends()) {
    const End& end = *find(id);
    const auto flags =
        bits(end.state, end.owned, end.started, end.wants_room, end.wants_link, end.cut, end.reason);
    out.insert(out.end(), {id, flags, end.link, end.epoch, word(end.mine.bytes), word(end.mine.messages),
                           word(end.peers.bytes), word(end.peers.messages)});
    put(out, end.inbox);
    put(out, end.outbox);
  }
  out.push_back(tombstones_.size());
  for (const auto& [id, left] : tombstones_) {
    out.insert(out.end(), {id, left.epoch, left.link + (left.cut ? 1ull << 32 : 0), word(left.peers.bytes),
                           word(left.peers.messages)});
  }
  out.push_back(pending_.size());
  for (const auto& [id, pending] : pending_) {
    out.insert(out.end(), {id, pending.count, pending.holders.size()});
    out.insert(out.end(), pending.holders.begin(), pending.holders.end());
  }
  out.push_back(blocked_.size());
  out.insert(out.end(), blocked_.begin(), blocked_.end());
  out.push_back(waiting_.size());
  for (const auto& [id, link] : waiting_) out.insert(out.end(), {id, link});
  out.insert(out.end(), {last_check_, checks_.size(), lost_links_.size(), over_links_.size()});
  for (const auto& [serial, link] : checks_) out.insert(out.end(), {serial, link});
  for (const auto* links : {&lost_links_, &over_links_}) out.insert(out.end(), links->begin(), links->end());
}

void Directory::fingerprint(Words& out) const {
  for (const auto& [id, node] : nodes_) {
    out.insert(out.end(), {id, bits(node.alive), node.made, node.ends, node.limbo, node.kept, node.links});
  }
  out.push_back(last_link_);
  for (const auto& [pair, state] : pairs_) {
    out.insert(out.end(), {pair.first, pair.second, state.link, state.failures});
  }
  for (const auto& [id, pair] : over_) out.push_back(id);
  out.push_back(channels_.size());
  for (EndId first : sorted_channels()) {
    const Channel& channel = *channels_.find(first);
    out.insert(out.end(), {first, channel.link, bits(channel.closing, channel.loss, channel.over, channel.reason,
                                                     channel.reason_if_lost)});
    for (const Side& side : channel.sides) {
      bool travels = side.place == Place::limbo;
      out.insert(out.end(), {bits(side.place, travels ? side.where : Where::sender, side.fin_routed, side.loss_routed,
                                  side.finalised, side.cut, side.left, travels && side.unseen),
                             side.owner, travels ? side.token : 0, travels ? side.carrier : 0, side.epoch, side.drained,
                             side.anchor, word(side.may_bytes), word(side.may_messages), side.cargo.size()});
      out.insert(out.end(), side.cargo.begin(), side.cargo.end());
      for (const Mail* mail : {&side.in, &side.out}) {
        out.push_back(mail->size());
        for (const Parcel& parcel : *mail) put(out, parcel);
      }
    }
  }
}

}  // namespace mullion::node::core
