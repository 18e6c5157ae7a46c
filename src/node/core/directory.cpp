#include "node/core/directory.hpp"

#include <limits>

namespace mullion::node::core {
namespace {

constexpr Epoch last_epoch = std::numeric_limits<Epoch>::max() - 16;

std::unexpected<Violation> lie(NodeId from, std::string_view what, EndId end) {
  std::string name = std::to_string(maker_of(end)) + "." + std::to_string(count_of(end)) + (end & 1 ? "b" : "a");
  return std::unexpected(Violation{from, std::string(what) + " (end " + name + ")"});
}

CloseReason honest(CloseReason reason) {
  return reason == CloseReason::refused ? CloseReason::refused : CloseReason::closed;
}

}  // namespace

void Directory::add_node(NodeId node, Quotas quotas) { nodes_[node].quotas = quotas; }

std::pair<EndId, EndId> Directory::create_between(NodeId parent, NodeId child) {
  EndId first = boot_end_of_parent(child);
  Channel& channel = channels_[first];
  channel.link = broker_link;
  for (int i : {0, 1}) {
    Side& side = channel.sides[i];
    side.owner = side.anchor = i == 0 ? parent : child;
    side.epoch = 1;
    side.may_bytes = first_window_bytes;
    side.may_messages = first_window_messages;
    ++nodes_[side.owner].ends;
  }
  return {first, peer_of(first)};
}

Verdict Directory::handle(NodeId from, Up&& message) {
  auto it = nodes_.find(from);
  if (it == nodes_.end() || !it->second.alive) return {};
  Verdict verdict = std::visit([&](auto& m) { return handle(from, it->second, m); }, message);
  if (from == broker_node) discharge_rest(message);
  settle_all();
  return verdict;
}

Verdict Directory::handle(NodeId from, Node& node, Create& create) {
  bool next = maker_of(create.end) == from && (create.end & 1) == 0 && count_of(create.end) > node.made;
  if (!next) return lie(from, "made a channel by a name that is not its to give", create.end);
  if (node.ends + 2 > node.quotas.ends) return lie(from, "made more ends than it may hold", create.end);
  node.made = count_of(create.end);
  node.ends += 2;
  Channel& channel = channels_[create.end];
  for (Side& side : channel.sides) {
    side.owner = side.anchor = from;
    side.epoch = 1;
  }
  return {};
}

// What main's own node gave back, and what nobody can receive any more.
void Directory::discharge_rest(const Up& message) {
  auto each = [this](const auto& m) {
    if constexpr (requires { m.in; }) discharge(m.in);
    if constexpr (requires { m.out; }) discharge(m.out);
  };
  std::visit(each, message);
}

// Whoever sends an end away holds it, and holds the end that the message goes out from. An end that is gone is no lie:
// a claim that came to nothing is followed by what was done before that was known.
Verdict Directory::check_release(NodeId from, const Side& side, const Release& release) const {
  if (side.place != Place::owned || side.owner != from) return lie(from, "released what it does not hold", release.end);
  if (release.token == 0) return lie(from, "released without a token", release.end);
  if (release.epoch > side.epoch) return lie(from, "released in an epoch that never was", release.end);
  if (release.carrier == peer_of(release.end)) return lie(from, "sent an end through itself", release.end);
  const Side* out = this->side(peer_of(release.carrier));
  if (!existed(release.carrier)) return lie(from, "released to an end that was never made", release.end);
  bool fine = !out || out->place == Place::dead || (out->place == Place::owned && out->owner == from);
  if (!fine) return lie(from, "released through an end that it does not hold", release.end);
  return check_outgoing(from, release.out, peer_of(release.end));
}

Verdict Directory::handle(NodeId from, Node& node, Release& release) {
  EndId end = release.end;
  if (!existed(end)) return lie(from, "released an end that was never made", end);
  Side* side = this->side(end);
  if (!side || side->place == Place::dead) {
    sink_->down(from, ReleaseAck{end});
    return {};
  }
  if (Verdict fine = check_release(from, *side, release); !fine) return fine;
  strip(release.in, end);
  put_in_limbo(*side, from, node, release);
  take_in(end, *side, from, std::move(release.in));
  take_out(end, *side, from, std::move(release.out), false);
  for (EndId cargo : this->side(peer_of(end))->cargo) {
    Side& travels = *this->side(cargo);
    travels.unseen = travels.where == Where::sender;
  }
  Side* carrier = this->side(release.carrier);
  const Side* through = this->side(peer_of(release.carrier));
  bool arrives = carrier && carrier->place != Place::dead && through && through->place != Place::dead;
  if (carrier) carrier->cargo.push_back(end);
  if (!arrives && kept(Rule::cargo_dies_with_its_carrier)) doom(end, CloseReason::closed);
  suspects_.push_back(end);
  if (node.limbo > node.quotas.limbo || side->epoch > last_epoch) doom(end, CloseReason::refused);
  sink_->down(from, ReleaseAck{end});
  settle(end);
  return {};
}

void Directory::put_in_limbo(Side& side, NodeId from, Node& node, const Release& release) {
  side.place = Place::limbo;
  side.owner = from;
  side.token = release.token;
  side.carrier = release.carrier;
  side.where = Where::sender;
  side.left = true;
  side.unseen = false;
  --node.ends;
  ++node.limbo;
  // It had seen the CloseFinal. If not, it gives back what was in it and says Drained.
  if (side.finalised && release.epoch == side.epoch) side.drained = side.epoch;
  side.finalised = false;
}

Verdict Directory::handle(NodeId from, Node& node, Claim& claim) {
  const Side* carrier = side(claim.carrier);
  bool holds = carrier && carrier->place == Place::owned && carrier->owner == from;
  if (!holds) return lie(from, "claimed from an end that it does not hold", claim.carrier);
  if (!existed(claim.end)) return lie(from, "claimed an end that was never made", claim.end);
  Side* side = this->side(claim.end);
  if (!side || side->place == Place::dead) {
    sink_->down(from, CloseFinal{claim.end, 0, side ? channel(claim.end)->reason : CloseReason::closed, {}});
    return {};
  }
  bool arrived = side->where == Where::sender || side->where == Where::sailed;
  bool right = side->place == Place::limbo && side->token == claim.token && side->carrier == claim.carrier && arrived;
  if (!right) return lie(from, "claimed what was not sent to it", claim.end);
  // One more is for the process that has no room: it claims, and closes in the same breath.
  if (node.ends > node.quotas.ends) return lie(from, "claimed more ends than it may hold", claim.end);
  leave_place(claim.end, *side);
  side->place = Place::owned;
  side->owner = from;
  ++node.ends;
  settle(claim.end);
  return {};
}

// Only the anchor speaks about what arrives in an epoch, and only until it has said Drained.
Verdict Directory::check_anchor(NodeId from, const Side& side, Epoch epoch) const {
  bool right = side.anchor == from && side.epoch == epoch && side.drained != epoch;
  if (right) return {};
  return std::unexpected(Violation{from, "spoke about an epoch that is not its to drain"});
}

Verdict Directory::handle(NodeId from, Node&, MailIn& mail) {
  Side* side = this->side(mail.end);
  if (!side && !existed(mail.end)) return lie(from, "sent mail for an end that was never made", mail.end);
  if (!side || side->place == Place::dead) return {};
  if (Verdict fine = check_anchor(from, *side, mail.epoch); !fine) return fine;
  strip(mail.in, mail.end);
  take_in(mail.end, *side, from, std::move(mail.in));
  return {};
}

Verdict Directory::handle(NodeId from, Node&, MailOut& mail) {
  Side* side = this->side(mail.end);
  if (!side) return existed(mail.end) ? Verdict{} : lie(from, "sent mail from an end that was never made", mail.end);
  Verdict fine = check_anchor(from, *side, mail.epoch);
  if (!fine) return side->place == Place::dead ? Verdict{} : fine;
  if (fine = check_outgoing(from, mail.out, peer_of(mail.end)); !fine) return fine;
  take_out(mail.end, *side, from, std::move(mail.out), true);
  return {};
}

Verdict Directory::handle(NodeId from, Node&, Drained& drained) {
  Side* side = this->side(drained.end);
  if (!side) return existed(drained.end) ? Verdict{} : lie(from, "drained an end that was never made", drained.end);
  Verdict fine = check_anchor(from, *side, drained.epoch);
  if (!fine) return side->place == Place::dead ? Verdict{} : fine;
  const Channel& channel = *this->channel(drained.end);
  bool heard = channel.closing || drained.lossy || channel.link != broker_link;
  if (!heard && !this->side(peer_of(drained.end))->fin_routed) {
    return lie(from, "drained an epoch whose end it was not told", drained.end);
  }
  side->drained = drained.epoch;
  if (drained.lossy && !channel.over) fail(drained.end, channel.reason_if_lost);
  settle(drained.end);
  return {};
}

Verdict Directory::handle(NodeId from, Node&, Close& close) {
  Side* side = this->side(close.end);
  if (!side && !existed(close.end)) return lie(from, "closed an end that was never made", close.end);
  if (!side || side->place == Place::dead) return {};
  if (side->place != Place::owned || side->owner != from) return lie(from, "closed what it does not hold", close.end);
  if (Verdict fine = check_outgoing(from, close.out, peer_of(close.end)); !fine) return fine;
  take_out(close.end, *side, from, std::move(close.out), false);
  if (side->finalised) side->drained = side->epoch;
  doom(close.end, honest(close.reason));
  return {};
}

Verdict Directory::handle(NodeId from, Node&, Check& check) {
  const Side* carrier = side(check.end);
  bool holds = carrier && carrier->place == Place::owned && carrier->owner == from;
  if (!holds || check.ports.size() > most_ports) return lie(from, "asked about an end that it does not hold", check.end);
  Checked answer{check.end, check.serial, {}};
  for (std::uint32_t place = 0; place < check.ports.size(); ++place) {
    const Carried& carried = check.ports[place];
    if (wrong_about(carried, check.end, true)) {
      answer.bad.push_back(place);
    } else {
      mark({&carried, 1}, Where::sailed);
    }
  }
  sink_->down(from, std::move(answer));
  return {};
}

}  // namespace mullion::node::core
