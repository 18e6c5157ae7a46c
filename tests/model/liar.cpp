#include "model/liar.hpp"

#include <algorithm>

namespace mullion::node::core::model {

void Liar::begin(NodeId self) {
  for (EndId end : world_.process(self).held) world_.edit_history().touched_by_liar.insert(channel_of(end));
  world_.edit_history().refusals = true;
}

void Liar::end(NodeId self) {
  for (const auto& [channel, age] : world_.history().age) {
    if (maker_of(channel) == self) world_.edit_history().touched_by_liar.insert(channel);
  }
  if (world_.process(self).alive) world_.kill(self, choice_.below(world_.cuts(self)));
}

void Liar::step(NodeId self) {
  learn(self);
  switch (choice_.below(10)) {
    case 0:
    case 1:
    case 2:
    case 3:
    case 4:
      world_.say(self, word());
      return;
    case 5:
      world_.say(self, record());
      return;
    case 6:
      fall_silent(self);
      return;
    default:
      say_on_link(self);
  }
}

void Liar::learn(NodeId self) {
  for (EndId end : world_.process(self).held) {
    know(end);
    world_.edit_history().touched_by_liar.insert(channel_of(end));
  }
  learn(world_.lines(self).data_down);
  learn(world_.lines(self).control_up);
  for (const DirectLink& link : world_.links()) {
    if (link.has(self)) learn(link.to[link.side(self)]);
  }
  if (carried_.size() > 60) carried_.erase(carried_.begin(), carried_.begin() + 30);
  if (ends_.size() > 80) ends_.erase(ends_.begin(), ends_.begin() + 40);
}

void Liar::learn(const Stream& stream) {
  for (std::size_t i = 0; i < stream.size(); ++i) {
    if (auto* record = std::get_if<Record>(&stream[i]->word)) {
      know(record->end);
      carried_.insert(carried_.end(), record->ports.begin(), record->ports.end());
    } else if (auto* up = std::get_if<Up>(&stream[i]->word)) {
      if (auto* release = std::get_if<Release>(up)) carried_.push_back({release->end, release->token});
    }
  }
}

void Liar::know(EndId end) {
  if (std::find(ends_.begin(), ends_.end(), end) == ends_.end()) ends_.push_back(end);
}

// Now and then a name that it only guesses.
EndId Liar::some_end() {
  if (ends_.empty() || choice_.one_in(8)) {
    return make_end(static_cast<NodeId>(1 + choice_.below(5)), choice_.below(20), choice_.below(2) != 0);
  }
  return ends_[choice_.below(ends_.size())] ^ (choice_.one_in(4) ? 1 : 0);
}

Epoch Liar::epoch() { return static_cast<Epoch>(choice_.one_in(20) ? choice_.next() : choice_.below(5)); }
Token Liar::token() {
  return carried_.empty() || choice_.one_in(4) ? choice_.below(3) : carried_[choice_.below(carried_.size())].token;
}
LinkId Liar::some_link() { return static_cast<LinkId>(choice_.below(world_.links().size() + 4)); }

std::vector<Carried> Liar::ports() {
  std::vector<Carried> ports;
  while (ports.size() < 6 && choice_.below(2) == 1) {
    bool guess = carried_.empty() || choice_.one_in(3);
    ports.push_back(guess ? Carried{some_end(), token()} : carried_[choice_.below(carried_.size())]);
  }
  return ports;
}

Mail Liar::mail() {
  Mail mail;
  while (mail.size() < 6 && choice_.below(2) == 1) mail.push_back({std::vector<std::byte>(choice_.below(40)), ports()});
  return mail;
}

Record Liar::record() {
  Record record{
      .kind = static_cast<RecordKind>(1 + choice_.below(4)), .end = some_end(), .epoch = epoch(), .forged = true};
  if (record.kind == RecordKind::data) {
    record.body.resize(choice_.one_in(10) ? 5000 : choice_.below(60));
    record.ports = ports();
    record.bytes = record.body.size();
  }
  if (record.kind == RecordKind::credit) {
    record.bytes = choice_.one_in(4) ? choice_.next() : choice_.below(500);
    record.messages = static_cast<std::uint32_t>(choice_.one_in(4) ? choice_.next() : choice_.below(6));
  }
  return record;
}

Up Liar::word() {
  switch (choice_.below(10)) {
    case 0:
      return Create{some_end() & ~EndId{1}};
    case 1:
      return Release{some_end(), epoch(), token(), some_end(), mail(), mail()};
    case 2:
      return Claim{some_end(), token(), some_end()};
    case 3:
      return MailIn{some_end(), epoch(), mail()};
    case 4:
      return MailOut{some_end(), epoch(), mail()};
    case 5:
      return Drained{some_end(), epoch(), choice_.one_in(4)};
    case 6:
      return Close{some_end(), epoch(), CloseReason::protocol, mail()};
    case 7:
      return Check{some_end(), static_cast<std::uint32_t>(choice_.below(3)), ports()};
    case 8:
      return LinkFailed{some_link(), choice_.one_in(2), "it says"};
    default:
      break;
  }
  if (carried_.empty()) return Create{};
  Carried seen = carried_[choice_.below(carried_.size())];
  return Claim{seen.end, seen.token, some_end()};
}

void Liar::say_on_link(NodeId self) {
  std::vector<LinkId> mine;
  for (const DirectLink& link : world_.links()) {
    if (world_.may_say(self, link)) mine.push_back(link.id);
  }
  if (mine.empty()) return world_.say(self, record());
  world_.say(self, mine[choice_.below(mine.size())], record());
}

// What it would honestly have said is never said.
void Liar::fall_silent(NodeId self) {
  if (!world_.lines(self).control_up.empty() && choice_.one_in(2)) return world_.forget(self, Way::control_up);
  if (!world_.lines(self).data_up.empty() && choice_.one_in(2)) return world_.forget(self, Way::data_up);
  for (const DirectLink& link : world_.links()) {
    if (link.has(self) && !link.to[1 - link.side(self)].empty()) return world_.forget(self, Way::direct, link.id);
  }
}

}  // namespace mullion::node::core::model
