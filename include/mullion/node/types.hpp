// Names and limits that every part of the node layer shares.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

namespace mullion::node {

// A process in the network. 24 bits are used; 0 is nobody, 1 the broker. Never used again in a session.
using NodeId = std::uint32_t;
inline constexpr NodeId broker_node = 1;
inline constexpr NodeId last_node = (1u << 24) - 1;

// One end of a channel: 24 bits of the node that made the channel, 39 bits that count there, 1 bit for the side. 0 is
// no end. Never used again in a session, and no secret: knowing one gives no right to it.
using EndId = std::uint64_t;

constexpr EndId make_end(NodeId maker, std::uint64_t count, unsigned side) {
  return (EndId{maker} << 40) | (count << 1) | (side & 1);
}
constexpr EndId peer_of(EndId end) { return end ^ 1; }
constexpr NodeId maker_of(EndId end) { return static_cast<NodeId>(end >> 40); }
constexpr std::uint64_t count_of(EndId end) { return (end >> 1) & ((std::uint64_t{1} << 39) - 1); }

// The channel that a child and whoever started it have from the start. Both derive the ids; nobody waits for them.
constexpr EndId boot_end_of_child(NodeId child) { return make_end(child, 0, 1); }
constexpr EndId boot_end_of_parent(NodeId child) { return make_end(child, 0, 0); }

// Memory that travels with a message. Whoever carries it does not look inside; SharedBuffer does.
class Memory;
using Attachment = std::shared_ptr<Memory>;
enum class Sharing : std::uint8_t {
  sealed,  // written by its maker until it is sent, then by nobody, anywhere, ever
  shared,  // written by everybody who has it, at any time
};
inline constexpr std::size_t max_buffer_bytes = std::size_t{1} << 30;
inline constexpr std::size_t most_attachments = 16;  // in one message
// What each counts for, beside the message's bytes, wherever messages that wait are bounded.
inline constexpr std::size_t attachment_bytes = 64 * 1024;

// Why nothing more will come from the other end.
enum class CloseReason : std::uint8_t {
  closed,       // its holder closed it, or nobody could ever have received it
  peer_exited,  // its process ended, perhaps with messages that it had posted
  protocol,     // its process told a lie and was cut off
  refused,      // a quota was used up
};

constexpr std::string_view to_string(CloseReason reason) {
  switch (reason) {
    case CloseReason::closed:
      return "closed";
    case CloseReason::peer_exited:
      return "peer-exited";
    case CloseReason::protocol:
      return "protocol";
    case CloseReason::refused:
      return "refused";
  }
  return "closed";
}

// What the broker lets one process have. A process that keeps to its own side of these (Node does) never meets the
// first and the last two; a process that does not is cut off. The others close the channel with `refused`, but `links`.
struct Quotas {
  std::uint32_t ends = 16384;                           // held at once
  std::uint32_t limbo = 4096;                           // sent away and not yet received
  std::uint64_t kept_bytes = std::uint64_t{256} << 20;  // of its messages, in main: unread, on the move, or held up
  std::uint32_t links = 256;                            // to other children; its further channels go through main
  std::uint32_t attachments = 1024;                     // of its messages, in main, each a descriptor
  std::uint64_t window_bytes = 4u << 20;                // asked for from a peer at once, an end
  std::uint32_t window_messages = 4096;
};

}  // namespace mullion::node
