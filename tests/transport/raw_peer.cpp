#include "raw_peer.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <array>

#include "transport/memory.hpp"

namespace mullion::transport {

bool RawPeer::packet(PacketHead head, Bytes body, std::span<const UniqueFd> fds) const {
  return send_packet(socket_.get(), head, body, fds) == Sent::sent;
}

bool RawPeer::raw(Bytes bytes) const {
  return ::send(socket_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL) >= 0;
}

bool RawPeer::message(PacketKind kind, Bytes body, std::span<const UniqueFd> fds) const {
  return packet({.total = static_cast<std::uint32_t>(body.size()),
                 .total_fds = static_cast<std::uint16_t>(fds.size()),
                 .kind = kind},
                body, fds);
}

Terms RawPeer::take_offer() {
  std::array<std::byte, max_packet_bytes> buffer;
  bool zero = false;
  pollfd ready{socket_.get(), POLLIN, 0};
  poll(&ready, 1, static_cast<int>(test_deadline_ms));
  const Received received = receive_packet(socket_.get(), buffer, offered_, zero);
  const auto offer = received.status == Received::packet ? read_offer(received.body) : std::nullopt;
  return offer.value_or(Terms{});
}

void RawPeer::accept(std::uint32_t ring_bytes) {
  const Terms offer = take_offer();
  if (offered_.empty()) return;
  if (auto opened = open_segment(offered_[0].get(), offer.ring_bytes)) peer_ = std::move(*opened);
  auto made = make_segment(ring_bytes);
  if (!made) return;
  own_ = std::move(made->first);
  std::vector<UniqueFd> fds;
  fds.push_back(std::move(made->second));
  message(PacketKind::accept, write_accept({.ring_bytes = ring_bytes, .message_bytes = 1 << 20}), fds);
}

}  // namespace mullion::transport
