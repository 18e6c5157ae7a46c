// Messages that wait at the broker, and the ends inside messages.
#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

#include "node/core/directory.hpp"

namespace mullion::node::core {
namespace {

std::unexpected<Violation> lie(NodeId from, std::string why) {
  return std::unexpected(Violation{from, std::move(why)});
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

bool Directory::charge(NodeId node, std::uint64_t bytes) {
  Node& payer = nodes_[node];
  if (bytes > payer.quotas.kept_bytes || payer.kept > payer.quotas.kept_bytes - bytes) return false;
  payer.kept += bytes;
  return true;
}

// Main's own node gives back what others are charged for already.
bool Directory::charge(NodeId node, Mail& mail) {
  std::uint64_t bytes = 0;
  for (const Parcel& parcel : mail) {
    if (parcel.cut) return false;
    if (parcel.payer == 0) bytes += cost(parcel);
  }
  if (!charge(node, bytes)) return false;
  for (Parcel& parcel : mail) {
    if (parcel.payer == 0) parcel.payer = node;
  }
  return true;
}

void Directory::discharge(const Mail& mail) {
  for (const Parcel& parcel : mail) {
    if (parcel.payer != 0) discharge(parcel.payer, cost(parcel));
  }
}

void Directory::take_in(EndId end, Side& side, NodeId from, Mail&& mail) {
  if (mail.empty()) return;
  if (!side.cut && charge(from, mail)) return store(side.in, side.in.size(), std::move(mail), Where::mail_in);
  drop(std::move(mail), CloseReason::refused);
  if (!std::exchange(side.cut, true)) fail(end, CloseReason::refused);
}

// `first`: before what is there already.
void Directory::take_out(EndId end, Side& side, NodeId from, Mail&& mail, bool first) {
  if (mail.empty()) return;
  bool over = channel(end)->over;
  if (!over && charge(from, mail))
    return store(side.out, first ? 0 : side.out.size(), std::move(mail), Where::mail_out);
  drop(std::move(mail), CloseReason::refused);
  if (!over) fail(end, CloseReason::refused);
}

void Directory::store(Mail& box, std::size_t place, Mail&& mail, Where where) {
  for (const Parcel& parcel : mail) mark(parcel.ports, where);
  auto at = box.begin() + static_cast<std::ptrdiff_t>(place);
  box.insert(at, std::make_move_iterator(mail.begin()), std::make_move_iterator(mail.end()));
  mail.clear();
}

// A message is gone: so are the ends in it.
void Directory::drop(std::span<const Carried> ports, CloseReason reason) {
  for (const Carried& carried : ports) {
    const Side* side = this->side(carried.end);
    if (side && side->place == Place::limbo && side->token == carried.token) doom(carried.end, reason);
  }
}

void Directory::drop(Mail&& mail, CloseReason reason) {
  discharge(mail);
  for (const Parcel& parcel : std::exchange(mail, {})) drop(parcel.ports, reason);
}

// What goes to main's own node stays in main, where its sender pays for it until it is taken.
Mail Directory::deliver(Mail& box, NodeId to, Where where) {
  for (Parcel& parcel : box) {
    mark(parcel.ports, where);
    if (to != broker_node || parcel.payer == broker_node) discharge(std::exchange(parcel.payer, 0), cost(parcel));
  }
  return std::exchange(box, {});
}

}  // namespace mullion::node::core
