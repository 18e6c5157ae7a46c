// What goes over links and what comes: rules 2, 3 and 7 of the protocol, and credit.
#include <algorithm>
#include <utility>

#include "node/core/ports.hpp"

namespace mullion::node::core {
namespace {

constexpr std::int64_t most_credit = std::int64_t{1} << 40;

std::int64_t as_credit(std::uint64_t amount) {
  return static_cast<std::int64_t>(std::min<std::uint64_t>(amount, most_credit));
}

}  // namespace

std::size_t Ports::waiting_bytes(EndId id, const End& end) const {
  bool local = end.state == State::live && end.link == self_link;
  return end.outbox.bytes() + (local ? find(peer_of(id))->inbox.bytes() : 0);
}

std::size_t Ports::waiting_messages(EndId id, const End& end) const {
  bool local = end.state == State::live && end.link == self_link;
  return end.outbox.size() + (local ? find(peer_of(id))->inbox.size() : 0);
}

// Room for another message within what the peer asked for; before it could ask, as much as it would.
bool Ports::has_credit(EndId id, const End& end) const {
  if (options_.window_bytes == 0) return true;
  bool told = end.state == State::live && end.link != self_link;
  std::int64_t bytes = told ? end.mine.bytes : as_credit(options_.window_bytes);
  std::int64_t messages = told ? end.mine.messages : options_.window_messages;
  return as_credit(waiting_bytes(id, end)) < bytes && as_credit(waiting_messages(id, end)) < messages;
}

bool Ports::may_send(const End& end) const {
  return options_.window_bytes == 0 || end.link == self_link || (end.mine.bytes > 0 && end.mine.messages > 0);
}

void Ports::spend(Allowance& allowance, std::size_t bytes) const {
  allowance.bytes -= as_credit(bytes);
  allowance.messages -= 1;
}

// False: more than was asked for.
bool Ports::spend_peers(Allowance& allowance, std::size_t bytes) const {
  if (options_.window_bytes == 0) return true;
  if (allowance.bytes <= 0 || allowance.messages <= 0) return false;
  spend(allowance, bytes);
  return true;
}

void Ports::block(EndId id, End& end) {
  end.wants_link = true;
  blocked_.push_back(id);
}

bool Ports::held(const Parcel& parcel) const {
  return std::any_of(parcel.ports.begin(), parcel.ports.end(),
                     [this](const Carried& carried) { return pending_.contains(carried.end); });
}

void Ports::flush(EndId id, End& end) {
  while (end.state == State::live && !end.wants_link && !end.outbox.empty() && may_send(end)) {
    if (held(end.outbox.front()) || !send_head(id, end)) break;
  }
  tell_drained(id, end);
}

bool Ports::send_head(EndId id, End& end) {
  if (end.link == self_link) {
    arrived(peer_of(id), *find(peer_of(id)), end.outbox.pop());
    return true;
  }
  const Parcel& parcel = end.outbox.front();
  Bytes body = parcel.body;
  const bool laden = !parcel.attachments.empty();
  if (laden ? !sink_->laden_data(end.link, id, end.epoch, {&body, 1}, parcel.ports, parcel.attachments)
            : !sink_->data(end.link, id, end.epoch, {&body, 1}, parcel.ports)) {
    block(id, end);
    return false;
  }
  spend(end.mine, weight(parcel));
  discharge(end.outbox.pop());
  return true;
}

void Ports::writable(LinkId link) {
  std::vector<EndId> blocked = std::exchange(blocked_, {});
  for (EndId id : blocked) {
    End* end = find(id);
    if (!end || !end->wants_link) continue;
    if (end->link != link) {
      blocked_.push_back(id);
      continue;
    }
    end->wants_link = false;
    flush(id, *end);
  }
}

void Ports::tell_drained(EndId id, End& end) {
  if (!end.wants_room || !has_credit(id, end)) return;
  end.wants_room = false;
  sink_->drained(id);
}

// Asks for more when at least half of the window is neither here nor on its way.
void Ports::grant(EndId id, End& end) {
  if (options_.window_bytes == 0 || end.state != State::live || end.link == self_link) return;
  std::int64_t window = as_credit(options_.window_bytes);
  std::int64_t bytes = window - as_credit(end.inbox.bytes()) - end.peers.bytes;
  std::int64_t messages = std::int64_t{options_.window_messages} - as_credit(end.inbox.size()) - end.peers.messages;
  if (bytes * 2 < window && messages * 2 < std::int64_t{options_.window_messages}) return;
  bytes = std::max<std::int64_t>(bytes, 0);
  messages = std::max<std::int64_t>(messages, 0);
  end.peers.bytes += bytes;
  end.peers.messages += messages;
  sink_->credit(end.link, id, end.epoch, static_cast<std::uint64_t>(bytes), static_cast<std::uint32_t>(messages));
}

void Ports::arrived(EndId id, End& end, Parcel&& parcel) {
  bool had_none = !has_message(id);
  end.inbox.push(std::move(parcel));
  if (had_none && has_message(id)) sink_->ready(id);
}

Arrival Ports::on_data(LinkId link, EndId peer, Epoch epoch, Bytes body, std::span<const Carried> ports,
                       std::span<const Attachment> attachments, NodeId payer) {
  EndId id = peer_of(peer);
  End* end = find(id);
  const std::size_t size = weight(body.size(), attachments.size());
  if (end && end->state == State::live && end->epoch == epoch) {
    if (end->link != link || !spend_peers(end->peers, size)) return Arrival::lie;
    if (end->cut && kept(Rule::nothing_follows_refusal)) return Arrival::handled;
    if (ports.empty() && attachments.empty() && offered(id, *end, body)) return Arrival::handled;
  } else {
    auto left = tombstones_.find(id);
    if (left == tombstones_.end() || left->second.epoch != epoch) return unexpected(link, id, epoch);
    if (left->second.link != link || !spend_peers(left->second.peers, size)) return Arrival::lie;
    if (left->second.cut && kept(Rule::nothing_follows_refusal)) return Arrival::handled;
  }
  return keep(link, id, epoch, {{body.begin(), body.end()}, {ports.begin(), ports.end()},
                                {attachments.begin(), attachments.end()}, false, 0, payer});
}

bool Ports::offered(EndId id, End& end, Bytes body) {
  if (!end.started || !end.inbox.empty()) return false;
  grant(id, end);
  return sink_->offer(id, body);
}

// Stores a message, or sends it after its end: the program was asked before and may have moved the end then.
Arrival Ports::keep(LinkId link, EndId id, Epoch epoch, Parcel&& parcel) {
  End* end = find(id);
  const bool here = end && end->state == State::live && end->epoch == epoch;
  if (!here && !tombstones_.contains(id)) return Arrival::handled;
  if (parcel.payer != 0 && !sink_->charge(parcel.payer, cost(parcel))) {
    (here ? end->cut : tombstones_[id].cut) = true;
    return Arrival::refused;
  }
  if (here) {
    parcel.check = ask_about(link, id, parcel.ports);
    arrived(id, *end, std::move(parcel));
    return Arrival::handled;
  }
  Mail mail;
  mail.push_back(std::move(parcel));
  say(MailIn{id, epoch, std::move(mail)});
  return Arrival::handled;
}

void Ports::discharge(const Parcel& parcel) {
  if (parcel.payer != 0 && kept(Rule::charges_are_returned)) sink_->discharge(parcel.payer, cost(parcel));
}

void Ports::drop(Mail&& mail) {
  for (const Parcel& parcel : std::exchange(mail, {})) discharge(parcel);
}

Arrival Ports::finish(LinkId link, EndId peer, Epoch epoch, bool lossy) {
  EndId id = peer_of(peer);
  if (auto left = tombstones_.find(id); left != tombstones_.end() && left->second.epoch == epoch) {
    if (left->second.link != link) return Arrival::lie;
    tombstones_.erase(left);
    say(Drained{id, epoch, lossy});
    return Arrival::handled;
  }
  End* end = find(id);
  if (!end || end->state != State::live || end->epoch != epoch) return unexpected(link, id, epoch);
  if (end->link != link) return Arrival::lie;
  if (!lossy) sink_->fin(link, id, epoch);
  cork(id, *end, lossy);
  return Arrival::handled;
}

Arrival Ports::on_credit(LinkId link, EndId peer, Epoch epoch, std::uint64_t bytes, std::uint32_t messages) {
  EndId id = peer_of(peer);
  End* end = find(id);
  if (!end || end->state != State::live || end->epoch != epoch) return unexpected(link, id, epoch);
  if (end->link != link) return Arrival::lie;
  end->mine.bytes = std::min(end->mine.bytes + as_credit(bytes), most_credit);
  end->mine.messages = std::min(end->mine.messages + std::int64_t{messages}, most_credit);
  flush(id, *end);
  return Arrival::handled;
}

// Rule 7: an epoch that this process has not heard of begins with an Open that is on its way. Anything else is for an
// end that is not here any more.
Arrival Ports::unexpected(LinkId link, EndId id, Epoch epoch) {
  const End* end = find(id);
  auto left = tombstones_.find(id);
  bool draining = left != tombstones_.end() && left->second.epoch >= epoch;
  bool will_open = end && end->state == State::corked && end->epoch < epoch;
  if (draining || (!will_open && !moved_away(id))) return Arrival::handled;
  waiting_.insert({id, link});
  return Arrival::later;
}

}  // namespace mullion::node::core
