#include "transport/handshake.hpp"

#include <fcntl.h>

#include <algorithm>
#include <bit>
#include <string>
#include <utility>

#include "transport/event_bell.hpp"
#include "transport/pipe_lane.hpp"
#include "transport/ring_lane.hpp"

namespace mullion::transport {
namespace {

std::unexpected<Error> lie(const char* text) { return std::unexpected(protocol_error(text)); }

std::unexpected<Error> refused(const std::string& reason) {
  return std::unexpected(Error{Kind::failed, "refused", "The sides of a link found no medium: " + reason});
}

bool possible_ring(std::uint32_t bytes) {
  return std::has_single_bit(bytes) && bytes >= min_ring_bytes && bytes <= max_ring_bytes;
}

}  // namespace

Handshake::Handshake(Loop& loop, SocketWire& wire, Owner& owner, const LinkOptions& options)
    : loop_(loop), wire_(wire), owner_(owner), options_(options) {}

Terms Handshake::own_terms(Medium medium) const {
  return {.medium = medium,
          .ring_bytes = options_.ring_bytes,
          .message_bytes = options_.message_bytes,
          .trusted = options_.trusted && medium == Medium::shm,
          .pool_bytes = medium == Medium::shm ? options_.pool_bytes : 0};
}

PoolTerms Handshake::pool_terms(const Terms& theirs) const {
  return {.own = std::min(options_.pool_bytes, theirs.pool_bytes),
          .peers = options_.pool_bytes,
          .lends = options_.sandboxed && maker_,
          .borrows = options_.sandboxed && !maker_};
}

std::size_t Handshake::message_limit(const Terms& theirs) const {
  return static_cast<std::size_t>(std::min<std::uint64_t>(theirs.message_bytes, options_.message_bytes));
}

Result<> Handshake::offer() {
  maker_ = true;
  if (options_.medium == Medium::pipe) return offer_pipe();
  auto offered = offer_shm();
  return offered || options_.medium == Medium::shm ? offered : offer_pipe();
}

Result<> Handshake::offer_shm() {
  auto made = make_segment(options_.ring_bytes);
  if (!made) return std::unexpected(made.error());
  own_ = std::move(made->first);
  std::vector<UniqueFd> fds;
  fds.push_back(std::move(made->second));
  Terms terms = own_terms(Medium::shm);
  if (options_.sandboxed) {
    if (auto lent = offer_lent(fds); !lent) return lent;
    terms.lent_ring_bytes = options_.ring_bytes;
  }
  state_ = State::offered_shm;
  return send_terms(PacketKind::offer, terms, std::move(fds));
}

Result<> Handshake::offer_lent(std::vector<UniqueFd>& fds) {
  auto lent = make_lent_segment(options_.ring_bytes);
  if (!lent) return std::unexpected(lent.error());
  UniqueFd copy(fcntl(lent->get(), F_DUPFD_CLOEXEC, 0));
  if (!copy) return std::unexpected(errno_error("Cannot lend a link's memory"));
  lent_ = std::move(*lent);
  fds.push_back(std::move(copy));
  return {};
}

Result<> Handshake::offer_pipe() {
  auto ends = make_pipe();
  if (!ends) return std::unexpected(ends.error());
  pipe_ = std::move(ends->first);
  std::vector<UniqueFd> fds;
  fds.push_back(std::move(ends->second));
  state_ = State::offered_pipe;
  return send_terms(PacketKind::offer, own_terms(Medium::pipe), std::move(fds));
}

// With trust an eventfd goes along.
Result<> Handshake::send_terms(PacketKind kind, const Terms& terms, std::vector<UniqueFd> fds) {
  if (terms.trusted) {
    auto event = make_event();
    if (!event) return std::unexpected(event.error());
    auto copy = same_event(*event);
    if (!copy) return std::unexpected(copy.error());
    event_ = std::move(*event);
    fds.push_back(std::move(*copy));
  }
  return wire_.send(kind, kind == PacketKind::offer ? write_offer(terms) : write_accept(terms), fds);
}

Handshake::Outcome Handshake::on_message(PacketKind kind, Bytes message, std::vector<UniqueFd>& fds) {
  switch (kind) {
    case PacketKind::offer:
      return on_offer(message, fds);
    case PacketKind::accept:
      return on_accept(message, fds);
    case PacketKind::refuse:
      return on_refuse(message, fds);
    default:
      break;
  }
  return lie("A packet is of no known kind.");
}

Handshake::Outcome Handshake::on_offer(Bytes message, std::vector<UniqueFd>& fds) {
  if (state_ != State::awaits_offer && state_ != State::awaits_second_offer) return lie("An offer was not expected.");
  const auto theirs = read_offer(message);
  if (!theirs) return lie("An offer cannot be read.");
  const std::size_t due = 1 + (theirs->lent_ring_bytes > 0 ? 1 : 0) + (theirs->trusted ? 1 : 0);
  if (fds.size() != due) return lie("An offer brings other descriptors than it says.");
  if (theirs->version != protocol_version) {
    return refuse("this side speaks version " + std::to_string(protocol_version) + " of the protocol.");
  }
  if (options_.medium != Medium::automatic && options_.medium != theirs->medium) {
    return refuse("this side wants " + std::string(to_string(options_.medium)) + ".");
  }
  return theirs->medium == Medium::shm ? take_shm(*theirs, fds) : take_pipe(*theirs, fds);
}

Handshake::Outcome Handshake::take_shm(const Terms& theirs, std::vector<UniqueFd>& fds) {
  if (!possible_ring(theirs.ring_bytes)) return lie("An offer's ring has a size that no ring has.");
  auto peer = open_segment(fds[0].get(), theirs.ring_bytes);
  if (!peer) return refuse_or_lie(peer.error());
  std::vector<UniqueFd> reply;
  if (auto taken = take_own(theirs, fds, reply); !taken) return refuse_or_lie(taken.error());
  peer_ = std::move(*peer);
  Terms ours = own_terms(Medium::shm);
  ours.ring_bytes = own_.ring_bytes;
  ours.trusted = ours.trusted && theirs.trusted;
  if (auto sent = send_terms(PacketKind::accept, ours, std::move(reply)); !sent) return std::unexpected(sent.error());
  return agree_on_memory(theirs, ours.trusted ? std::move(fds.back()) : UniqueFd());
}

Handshake::Outcome Handshake::refuse_or_lie(const Error& why) {
  return why.kind == Kind::invalid ? lie(why.message.c_str()) : refuse(why.message);
}

// The memory that this side writes: what is lent, or its own, which the reply then brings.
Result<> Handshake::take_own(const Terms& theirs, const std::vector<UniqueFd>& fds, std::vector<UniqueFd>& reply) {
  if (theirs.lent_ring_bytes > 0) return take_lent(theirs, fds[1]);
  if (options_.sandboxed) {
    return std::unexpected(Error{Kind::failed, "sandboxed", "this side's sandbox lets it make no memory."});
  }
  auto made = make_segment(options_.ring_bytes);
  if (!made) return std::unexpected(made.error());
  own_ = std::move(made->first);
  reply.push_back(std::move(made->second));
  return {};
}

Result<> Handshake::take_lent(const Terms& theirs, const UniqueFd& fd) {
  if (!possible_ring(theirs.lent_ring_bytes)) {
    return std::unexpected(Error{Kind::invalid, "protocol", "An offer lends a ring of a size that no ring has."});
  }
  auto lent = map_lent_segment(fd.get(), theirs.lent_ring_bytes);
  if (!lent) return std::unexpected(lent.error());
  own_ = std::move(*lent);
  return {};
}

Handshake::Outcome Handshake::take_pipe(const Terms& theirs, std::vector<UniqueFd>& fds) {
  if (theirs.trusted) return lie("A pipe is offered with a doorbell.");
  if (theirs.lent_ring_bytes > 0) return lie("A pipe is offered with memory.");
  auto checked = options_.sandboxed ? Result<>() : check_pipe(fds[0].get());
  if (!checked) return lie(checked.error().message.c_str());
  if (auto sent = send_terms(PacketKind::accept, own_terms(Medium::pipe), {}); !sent) {
    return std::unexpected(sent.error());
  }
  return agree_on_pipe(theirs, std::move(fds[0]));
}

Handshake::Outcome Handshake::on_accept(Bytes message, std::vector<UniqueFd>& fds) {
  const auto theirs = read_accept(message);
  if (!theirs || theirs->version != protocol_version) return lie("An acceptance cannot be read.");
  if (state_ == State::offered_shm) return accepted_shm(*theirs, fds);
  if (state_ != State::offered_pipe) return lie("An acceptance was not expected.");
  if (!fds.empty() || theirs->trusted) return lie("An acceptance brings other descriptors than it says.");
  return agree_on_pipe(*theirs, std::move(pipe_));
}

Handshake::Outcome Handshake::accepted_shm(const Terms& theirs, std::vector<UniqueFd>& fds) {
  if (theirs.trusted && !options_.trusted) return lie("An acceptance trusts where no trust was offered.");
  const std::size_t due = (lent_ ? 0 : 1) + (theirs.trusted ? 1 : 0);
  if (fds.size() != due) return lie("An acceptance brings other descriptors than it says.");
  if (!possible_ring(theirs.ring_bytes)) return lie("An acceptance's ring has a size that no ring has.");
  auto peer = open_accepted(theirs, fds);
  if (!peer && peer.error().kind == Kind::invalid) return lie(peer.error().message.c_str());
  if (!peer) return std::unexpected(peer.error());
  peer_ = std::move(*peer);
  return agree_on_memory(theirs, theirs.trusted ? std::move(fds.back()) : UniqueFd());
}

// Of what was lent only the descriptor that never left this process is used.
Result<PeerSegment> Handshake::open_accepted(const Terms& theirs, const std::vector<UniqueFd>& fds) {
  if (!lent_) return open_segment(fds[0].get(), theirs.ring_bytes);
  if (theirs.ring_bytes != options_.ring_bytes) return lie("An acceptance's ring is not the one that was lent.");
  const UniqueFd lent = std::move(lent_);
  return open_lent_segment(lent.get(), theirs.ring_bytes);
}

Handshake::Outcome Handshake::refuse(const std::string& reason) {
  if (state_ == State::awaits_second_offer) return refused(reason);
  state_ = State::awaits_second_offer;
  auto sent = wire_.send(PacketKind::refuse, write_refuse(reason), {});
  if (!sent) return std::unexpected(sent.error());
  return std::nullopt;
}

Handshake::Outcome Handshake::on_refuse(Bytes message, const std::vector<UniqueFd>& fds) {
  const bool offered = state_ == State::offered_shm || state_ == State::offered_pipe;
  const auto reason = read_refuse(message);
  if (!offered || !reason || !fds.empty()) return lie("A refusal was not expected.");
  if (state_ == State::offered_pipe || options_.medium != Medium::automatic) return refused(*reason);
  own_ = {};
  lent_.reset();
  event_.reset();
  if (auto sent = offer_pipe(); !sent) return std::unexpected(sent.error());
  return std::nullopt;
}

Handshake::Outcome Handshake::agree_on_memory(const Terms& theirs, UniqueFd peers_event) {
  const bool trusted = static_cast<bool>(peers_event);
  auto bell = trusted ? event_bell(std::move(peers_event)) : wire_.bell();
  auto lane = std::make_unique<RingLane>(Medium::shm, std::move(own_), std::move(peer_), std::move(bell),
                                         message_limit(theirs));
  lane->use_pools(wire_, pool_terms(theirs));
  if (trusted) {
    auto ear = event_ear(loop_, std::move(event_), owner_);
    if (!ear) return std::unexpected(ear.error());
    lane->keep(std::move(*ear));
  }
  return agree(theirs, std::move(lane));
}

Handshake::Outcome Handshake::agree_on_pipe(const Terms& theirs, UniqueFd socket) {
  auto lane = std::make_unique<PipeLane>(std::move(socket), message_limit(theirs), owner_);
  if (auto watched = lane->watch(loop_); !watched) return std::unexpected(watched.error());
  return agree(theirs, std::move(lane));
}

Handshake::Outcome Handshake::agree(const Terms& theirs, std::unique_ptr<Lane> lane) {
  state_ = State::agreed;
  return Agreement{std::move(lane), message_limit(theirs)};
}

}  // namespace mullion::transport
