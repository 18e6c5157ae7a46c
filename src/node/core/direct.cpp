// What is special about links to other children: their ends, and ports that the broker has not seen pass.
#include <utility>

#include "node/core/ports.hpp"

namespace mullion::node::core {

// Over a direct link comes whatever the other process wrote, and a Claim of what was not sent here would be this
// process's lie. So the broker is asked first, and the message waits. 0: there is nothing to ask.
std::uint32_t Ports::ask_about(LinkId link, EndId carrier, std::span<const Carried> ports) {
  if (!is_direct(link) || ports.empty() || !kept(Rule::ports_are_checked)) return 0;
  if (++last_check_ == 0) ++last_check_;
  checks_[last_check_] = link;
  say(Check{carrier, last_check_, {ports.begin(), ports.end()}});
  return last_check_;
}

// The end may be gone, and its message with it.
void Ports::handle(Checked& answer) {
  auto check = checks_.extract(answer.serial);
  if (check.empty()) return;
  if (!answer.bad.empty()) sink_->accuse(check.mapped(), "it handed over a port that was not its to give");
  End* end = find(answer.end);
  Parcel* parcel = end ? end->inbox.find_check(answer.serial) : nullptr;
  if (!parcel) return;
  for (std::uint32_t place : answer.bad) {
    if (place < parcel->ports.size()) parcel->ports[place] = {};
  }
  bool had_none = !has_message(answer.end);
  parcel->check = 0;
  if (had_none && has_message(answer.end)) sink_->ready(answer.end);
}

LinkId Ports::link_of(EndId id) const {
  const End* end = find(id);
  return end && end->state == State::live ? end->link : broker_link;
}

void Ports::handle(LinkOver& over) {
  if (lost_links_.erase(over.link) > 0) return;
  over_links_.insert(over.link);
  sink_->over(over.link);
}

// Rule 11, for who is left.
void Ports::link_lost(LinkId link, bool lie, std::string why) {
  if (ended_) return;
  const bool over = over_links_.erase(link) > 0;
  if (!over) lost_links_.insert(link);
  if (!over || lie) say(LinkFailed{link, lie, std::move(why)});
  std::erase_if(waiting_, [link](const auto& entry) { return entry.second == link; });
  auto tombstones = tombstones_;
  for (const auto& [id, left] : tombstones) {
    if (left.link == link && kept(Rule::tombstones_see_hang_up)) finish(link, peer_of(id), left.epoch, true);
  }
  for (EndId id : sorted_ends()) {
    End& end = *find(id);
    if (end.state == State::live && end.link == link) finish(link, peer_of(id), end.epoch, true);
  }
}

}  // namespace mullion::node::core
