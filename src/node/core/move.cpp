// Ends that leave, come and open: rules 1, 6 and 8 of the protocol.
#include <utility>

#include "node/core/ports.hpp"

namespace mullion::node::core {

// Nobody who knows some tokens can tell the next: the secret goes through a mixer (splitmix64's constants).
Token Ports::next_token() {
  Token token = 0;
  while (token == 0) {
    token = options_.secret + ++tokens_ * 0x9E3779B97F4A7C15u;
    token = (token ^ (token >> 30)) * 0xBF58476D1CE4E5B9u;
    token = (token ^ (token >> 27)) * 0x94D049BB133111EBu;
    token ^= (token >> 31) ^ options_.secret;
  }
  return token;
}

// Rule 1: gone from here in one step, with everything it had.
Carried Ports::detach(EndId id, EndId carrier) {
  auto node = ends_.extract(id);
  End& end = node.mapped();
  if (!end.owned) return drop(end.inbox.take_all()), Carried{};
  --owned_;
  Token token = next_token();
  PendingRelease& pending = pending_[id];
  ++pending.count;
  pending.holders.push_back(peer_of(carrier));
  say(Release{id, end.epoch, token, carrier, end.inbox.take_all(), end.outbox.take_all()});
  if (end.state == State::live) {
    if (end.link == self_link) say(Drained{id, end.epoch});
    if (end.link != self_link) tombstones_[id] = {end.epoch, end.link, end.peers, end.cut};
    leave_epoch(id, end);
  }
  return {id, token};
}

// The last that this end says in its epoch. A local peer hears it at once.
void Ports::leave_epoch(EndId id, const End& end) {
  if (end.link != self_link) return sink_->fin(end.link, id, end.epoch);
  if (End* peer = find(peer_of(id))) cork(peer_of(id), *peer, false);
}

void Ports::cork(EndId id, End& end, bool lossy) {
  end.state = State::corked;
  end.wants_link = false;
  say(Drained{id, end.epoch, lossy});
}

void Ports::on_down(Down&& message) {
  if (ended_) return;
  std::visit([this](auto& m) { handle(m); }, message);
}

// What a process must do with messages that the broker sent to an end that has left meanwhile: give them back.
void Ports::pass_on(EndId id, Epoch epoch, Mail&& in, Mail&& out) {
  if (!in.empty()) say(MailIn{id, epoch, std::move(in)});
  if (!out.empty()) say(MailOut{id, epoch, std::move(out)});
}

// No epoch begins for an end in the middle of one, or after its last.
bool Ports::may_open(EndId id) const {
  const End* end = find(id);
  return !end || !end->owned || end->state == State::corked;
}

// Rule 6. The end, live again, or nothing: it was sent away or closed before it heard of the epoch.
Ports::End* Ports::reopened(EndId id, Epoch epoch, Mail& in, Mail& out) {
  if (moved_away(id)) {
    pass_on(id, epoch, std::move(in), std::move(out));
    return nullptr;
  }
  End* end = find(id);
  if (!end || !end->owned) {
    drop(std::move(in));
    pass_on(id, epoch, {}, std::move(out));
    return nullptr;
  }
  bool had_none = !has_message(id);
  end->epoch = epoch;
  end->mine = end->peers = {};
  end->inbox.append(std::move(in));
  end->outbox.prepend(std::move(out));
  if (had_none && has_message(id)) sink_->ready(id);
  return end;
}

void Ports::handle(Open& open) {
  if (open.link == self_link || !may_open(open.end)) return;
  End* end = reopened(open.end, open.epoch, open.in, open.out);
  const bool lost = lost_links_.contains(open.link) && kept(Rule::lost_links_stay_lost);
  if (end) {
    end->state = State::live;
    end->link = open.link;
    if (lost) cork(open.end, *end, true);
    if (!lost) grant(open.end, *end);
    flush(open.end, *end);
  } else if (lost) {
    say(Drained{open.end, open.epoch, true});
  } else {
    sink_->fin(open.link, open.end, open.epoch);
    if (moved_away(open.end)) {
      tombstones_[open.end] = {open.epoch, open.link};
    } else {
      say(Drained{open.end, open.epoch});
    }
  }
  resume_waiting(open.end);
}

// Both ends were here when the broker looked. If one is not any more, the epoch is over for both.
void Ports::handle(OpenLocal& open) {
  EndId ids[] = {open.end, peer_of(open.end)};
  if (!may_open(ids[0]) || !may_open(ids[1])) return;
  End* ends[] = {reopened(ids[0], open.epoch, open.in[0], open.out[0]),
                 reopened(ids[1], open.epoch, open.in[1], open.out[1])};
  bool both = ends[0] && ends[1];
  for (int i : {0, 1}) {
    if (!both) {
      say(Drained{ids[i], open.epoch});
      continue;
    }
    ends[i]->state = State::live;
    ends[i]->link = self_link;
  }
  for (int i : {0, 1}) {
    if (both) flush(ids[i], *ends[i]);
    resume_waiting(ids[i]);
  }
}

void Ports::handle(CloseFinal& last) {
  End* end = find(last.end);
  if (moved_away(last.end)) {
    pass_on(last.end, last.epoch, std::move(last.in), {});
    say(Drained{last.end, last.epoch});
  } else if (end && end->state == State::corked) {
    bool had_none = !has_message(last.end);
    end->state = State::closing;
    end->epoch = last.epoch;
    end->reason = last.reason;
    drop(end->outbox.take_all());
    end->inbox.append(std::move(last.in));
    if (had_none && has_message(last.end)) sink_->ready(last.end);
    tell_drained(last.end, *end);
    report_closed(last.end, *end);
  } else {
    drop(std::move(last.in));
  }
  resume_waiting(last.end);
}

void Ports::handle(ReleaseAck& ack) {
  auto it = pending_.find(ack.end);
  if (it == pending_.end()) return;
  if (--it->second.count == 0) {
    std::vector<EndId> holders = std::move(it->second.holders);
    pending_.erase(it);
    for (EndId id : holders) {
      if (End* end = find(id)) flush(id, *end);
    }
  }
  resume_waiting(ack.end);
}

void Ports::resume_waiting(EndId id) {
  auto first = waiting_.lower_bound({id, 0});
  while (first != waiting_.end() && first->first == id) {
    LinkId link = first->second;
    first = waiting_.erase(first);
    sink_->resume(link);
  }
}

}  // namespace mullion::node::core
