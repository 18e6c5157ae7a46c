// A peer that speaks the protocol by hand, and may say anything.
#pragma once

#include <vector>

#include "fixture.hpp"
#include "transport/greeting.hpp"
#include "transport/packet.hpp"
#include "transport/segment.hpp"

namespace mullion::transport {

// The other end of a Link that offered shared memory.
class RawPeer {
 public:
  explicit RawPeer(UniqueFd socket) : socket_(std::move(socket)) {}

  int socket() const { return socket_.get(); }
  void hang_up() { socket_.reset(); }

  // Sends one packet as it is given. False: the socket does not take it.
  bool packet(PacketHead head, Bytes body, std::span<const UniqueFd> fds = {}) const;
  bool raw(Bytes bytes) const;
  bool ring() const { return raw(std::span(&doorbell, 1)); }
  // A whole message in one packet.
  bool message(PacketKind kind, Bytes body, std::span<const UniqueFd> fds = {}) const;

  // Reads the offer and keeps its descriptors.
  Terms take_offer();
  // Takes the offer and its memory, and accepts with memory of its own.
  void accept(std::uint32_t ring_bytes = min_ring_bytes);

  const OwnSegment& own() const { return own_; }
  const PeerSegment& links() const { return peer_; }
  std::vector<UniqueFd>& offered() { return offered_; }

 private:
  UniqueFd socket_;
  std::vector<UniqueFd> offered_;
  OwnSegment own_;
  PeerSegment peer_;
};

}  // namespace mullion::transport
