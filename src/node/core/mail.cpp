// Messages that wait at the broker, and the ends inside messages.
#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

#include "node/core/directory.hpp"

namespace mullion::node::core {
namespace {

std::unexpected<Violation> lie(NodeId from, std::string why) { return std::unexpected(Violation{from, std::move(why)}); }

// What a message costs whoever has it kept here, apart from its body.
constexpr std::uint64_t letter_bytes = 64;
constexpr std::uint64_t carried_bytes = 16;

std::uint64_t cost(const Parcel& parcel) {
  return weight(parcel) + letter_bytes + carried_bytes * parcel.ports.size();
}

}  // namespace

// An end in a message is one that was released to the message's receiver and has not been seen before on this side; or
// one that died since.
const char* Directory::wrong_about(const Carried& carried, EndId carrier, bool sending) const {
  if (carried == Carried{}) return nullptr;
  if (!existed(carried.end)) return "sent an end that was never made";
  const Side* side = this->side(carried.end);
  if (!side || side->place == Place::dead) return nullptr;
  bool released = side->place == Place::limbo && side->token == carried.token && side->carrier == carrier;
  if (!released) return "sent an end that it had not released for it";
  bool fresh = side->where == Where::sender || (side->where == Where::sailed && !sending);
  return fresh ? nullptr : "sent an end twice";
}

Verdict Directory::check_carried(NodeId from, std::span<const Carried> ports, EndId carrier, bool sending) const {
  if (ports.size() > most_ports) return lie(from, "sent a message with too many ends");
  for (const Carried& carried : ports) {
    if (const char* wrong = wrong_about(carried, carrier, sending)) return lie(from, wrong);
  }
  return {};
}

// What had arrived somewhere over a direct link may hold any ends. Those that were not sent arrive closed.
void Directory::strip(Mail& mail, EndId carrier) const {
  if (!kept(Rule::mail_is_stripped)) return;
  std::set<EndId> seen;
  for (Parcel& parcel : mail) {
    if (parcel.ports.size() > most_ports) parcel.ports.clear();
    for (Carried& carried : parcel.ports) {
      bool fine = !wrong_about(carried, carrier, false) && (carried.end == 0 || seen.insert(carried.end).second);
      if (!fine) carried = {};
    }
  }
}

Verdict Directory::check_outgoing(NodeId from, const Mail& mail, EndId carrier) const {
  std::vector<EndId> all;
  for (const Parcel& parcel : mail) {
    if (Verdict fine = check_carried(from, parcel.ports, carrier, true); !fine) return fine;
    for (const Carried& carried : parcel.ports) {
      if (carried.end != 0) all.push_back(carried.end);
    }
  }
  std::sort(all.begin(), all.end());
  if (std::adjacent_find(all.begin(), all.end()) != all.end()) return lie(from, "sent an end twice");
  return {};
}

void Directory::mark(std::span<const Carried> ports, Where where) {
  for (const Carried& carried : ports) {
    Side* side = this->side(carried.end);
    if (!side || side->place != Place::limbo || side->token != carried.token) continue;
    side->where = where;
    side->unseen = false;
    if (where == Where::mail_in || where == Where::mail_out) suspects_.push_back(carried.end);
  }
}

bool Directory::charge(NodeId node, const Mail& mail) {
  std::uint64_t bytes = 0;
  for (const Parcel& parcel : mail) {
    if (parcel.cut) return false;
    bytes += cost(parcel);
  }
  Node& payer = nodes_[node];
  if (payer.mail + bytes > payer.quotas.mail_bytes) return false;
  payer.mail += bytes;
  return true;
}

void Directory::take_in(EndId end, Side& side, NodeId from, Mail&& mail) {
  if (mail.empty()) return;
  if (side.cut || !charge(from, mail)) {
    for (const Parcel& parcel : mail) drop(parcel.ports, CloseReason::refused);
    if (!std::exchange(side.cut, true)) fail(end, CloseReason::refused);
    return;
  }
  for (Parcel& parcel : mail) {
    mark(parcel.ports, Where::mail_in);
    side.in.push_back({std::move(parcel), from});
  }
}

// `first`: before what is there already.
void Directory::take_out(EndId end, Side& side, NodeId from, Mail&& mail, bool first) {
  if (mail.empty()) return;
  bool over = channel(end)->over;
  if (over || !charge(from, mail)) {
    for (const Parcel& parcel : mail) drop(parcel.ports, CloseReason::refused);
    if (!over) fail(end, CloseReason::refused);
    return;
  }
  Letters letters;
  for (Parcel& parcel : mail) {
    mark(parcel.ports, Where::mail_out);
    letters.push_back({std::move(parcel), from});
  }
  auto at = first ? side.out.begin() : side.out.end();
  side.out.insert(at, std::make_move_iterator(letters.begin()), std::make_move_iterator(letters.end()));
}

// A message is gone: so are the ends in it.
void Directory::drop(std::span<const Carried> ports, CloseReason reason) {
  for (const Carried& carried : ports) {
    const Side* side = this->side(carried.end);
    if (side && side->place == Place::limbo && side->token == carried.token) doom(carried.end, reason);
  }
}

void Directory::drop(Letters& letters, CloseReason reason) {
  for (const Letter& letter : letters) {
    nodes_[letter.payer].mail -= cost(letter.parcel);
    drop(letter.parcel.ports, reason);
  }
  letters = {};
}

Mail Directory::deliver(Letters& letters, Where where) {
  Mail mail;
  mail.reserve(letters.size());
  for (Letter& letter : letters) {
    nodes_[letter.payer].mail -= cost(letter.parcel);
    mark(letter.parcel.ports, where);
    mail.push_back(std::move(letter.parcel));
  }
  letters = {};
  return mail;
}

}  // namespace mullion::node::core
