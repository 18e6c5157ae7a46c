// Control messages on their way to a socket, in packets.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <vector>

#include "transport/packet.hpp"

namespace mullion::transport {

// Bounded. A message is sent packet by packet as the socket takes them; descriptors go in the first packets.
class ControlQueue {
 public:
  bool admits(std::size_t bytes) const;
  void push(PacketKind kind, Bytes message, std::span<UniqueFd> fds);  // moves the descriptors out
  Sent send(int socket);  // as much as goes; Sent::sent: all of it
  bool empty() const { return messages_.empty(); }
  bool relaxed() const;
  std::uint32_t packets() const { return packets_; }
  void clear();

 private:
  struct Message {
    PacketKind kind;
    std::vector<std::byte> bytes;
    std::vector<UniqueFd> fds;
    std::size_t offset = 0;
    std::size_t fds_sent = 0;

    bool done() const { return offset == bytes.size() && fds_sent == fds.size(); }
  };

  Sent send_part(int socket, Message& message);

  std::deque<Message> messages_;
  std::size_t bytes_ = 0;
  std::uint32_t packets_ = 0;
};

// And on their way from it. A message is told when it is whole.
class ControlAssembly {
 public:
  // Adds a packet. False: it lies, lie() says how; its descriptors stay in `fds`.
  bool add(const PacketHead& head, Bytes part, std::vector<UniqueFd>& fds);
  bool whole() const { return active_ && bytes_.size() == head_.total && fds_.size() == head_.total_fds; }
  PacketKind kind() const { return head_.kind; }
  std::vector<std::byte> take_bytes();
  std::vector<UniqueFd> take_fds();  // ends the message
  const char* lie() const { return lie_; }

 private:
  const char* check(const PacketHead& head, Bytes part) const;
  const char* check_order(const PacketHead& head, Bytes part) const;

  bool active_ = false;
  PacketHead head_;  // of the message's first packet
  std::vector<std::byte> bytes_;
  std::vector<UniqueFd> fds_;
  const char* lie_ = nullptr;
};

}  // namespace mullion::transport
