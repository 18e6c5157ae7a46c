// What goes through a socket: never blocks, never raises a signal, never leaks a descriptor.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "transport/owner.hpp"

namespace mullion::transport {

inline constexpr std::size_t max_packet_bytes = 32 * 1024;
inline constexpr std::size_t packet_head_bytes = 12;
inline constexpr std::size_t max_part_bytes = max_packet_bytes - packet_head_bytes;
inline constexpr std::size_t max_part_fds = 16;
inline constexpr std::byte doorbell{1};

// What stands before a packet's body, on a SOCK_SEQPACKET socket.
struct PacketHead {
  std::uint32_t total = 0;
  std::uint32_t offset = 0;
  std::uint16_t total_fds = 0;
  std::uint8_t fds = 0;
  PacketKind kind = PacketKind::none;
};

enum class Sent : std::uint8_t {
  sent,
  no_room,  // when the socket is writable
  later,    // nothing says when: the kernel is short of something
  gone,     // nobody reads any more
};

Sent send_packet(int fd, const PacketHead& head, Bytes body, std::span<const UniqueFd> fds);

struct Received {
  enum Status : std::uint8_t { nothing, doorbell, packet, end, lie };
  Status status = nothing;
  PacketHead head;
  Bytes body;  // in the buffer given
  const char* lie_text = nullptr;
};

// Reads one packet. What does not belong is a lie; a connection that was reset is read on.
// `zero` remembers between calls that a read gave nothing: an empty packet or the end, which the next read tells.
Received receive_packet(int fd, std::span<std::byte> buffer, std::vector<UniqueFd>& fds, bool& zero);

struct Read {
  enum Status : std::uint8_t { nothing, bytes, end };
  Status status = nothing;
  std::size_t size = 0;
};

// Reads from a stream socket. Descriptors have no business there and are handed out to be judged.
Read receive_bytes(int fd, std::span<std::byte> buffer, std::vector<UniqueFd>& fds);

}  // namespace mullion::transport
