// The words of the port-transfer protocol ("Precise protocol E"): what ends, the broker and links say to each other.
// Nothing here knows how it is written down or carried; src/protocol/node.fbs and src/node do.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "mullion/node/types.hpp"
#include "node/core/rules.hpp"

namespace mullion::node::core {

using Bytes = std::span<const std::byte>;
using Epoch = std::uint32_t;  // of an end: a period in which both ends' places are fixed; 0 is "none seen"
using Token = std::uint64_t;  // of one move; 0 is none

// Where an end's peer is reached. Beyond these two: a link between two children, which the broker made; both know it by
// the same number, and no other ever has it.
using LinkId = std::uint32_t;
inline constexpr LinkId self_link = 0;    // in this very process
inline constexpr LinkId broker_link = 1;  // through the broker, which routes
constexpr bool is_direct(LinkId link) { return link > broker_link; }

// An end inside a message. {0, 0} stands for an end that had closed before it was sent.
struct Carried {
  EndId end = 0;
  Token token = 0;
  bool operator==(const Carried&) const = default;
};
inline constexpr std::size_t most_ports = 1024;  // in one message

struct Parcel {
  std::vector<std::byte> body{};
  std::vector<Carried> ports{};
  std::vector<Attachment> attachments{};
  bool cut = false;  // it had attachments for which there was no room: it may go no further
  std::uint32_t check = 0;  // in an inbox: the Check of its ports that is not answered yet
  NodeId payer = 0;  // in main, not on any wire: in whose ledger it counts while it is kept
};
// What it counts for in windows and queues.
inline std::size_t weight(std::size_t body, std::size_t attachments) { return body + attachments * attachment_bytes; }
inline std::size_t weight(const Parcel& parcel) { return weight(parcel.body.size(), parcel.attachments.size()); }
// What one that is kept in main costs, with what memory it takes beside its body.
inline std::uint64_t cost(const Parcel& parcel) {
  return weight(parcel) + 2 * sizeof(Parcel) + sizeof(Carried) * parcel.ports.size();
}
using Mail = std::vector<Parcel>;  // messages that travel with their end instead of on a link; the oldest first

// What a receiver lets its peer send in the first epoch of a boot channel, before it has said anything. In every other
// epoch nothing may be sent until a Credit came.
inline constexpr std::uint64_t first_window_bytes = 256u << 10;
inline constexpr std::uint32_t first_window_messages = 256;

// ---- On a link. `end` is always the sender's own end; the receiver's is its peer.
enum class RecordKind : std::uint8_t {
  data = 1,  // a message
  fin = 2,   // the last record of `end` in this epoch
  credit = 3,  // `end`'s holder has room for that much more
  lost = 4,  // through the broker, from it only: `end`'s process died, there will be no fin
};

// A record as whoever routes it sees it.
struct RecordView {
  RecordKind kind = RecordKind::data;
  EndId end = 0;
  Epoch epoch = 0;
  std::uint64_t bytes = 0;            // data: its weight; credit: granted
  std::uint32_t messages = 0;         // credit: granted
  std::span<const Carried> ports{};   // data
};

// ---- To the broker, each on the control stream of the process that says it.
struct Create {  // two ends, `end` (side 0) and its peer, both in this process, epoch 1
  EndId end = 0;
};
struct Release {  // `end` left this process inside a message to `carrier`, with what it had not delivered or sent
  EndId end = 0;
  Epoch epoch = 0;  // the latest this process has seen of `end`
  Token token = 0;
  EndId carrier = 0;
  Mail in{}, out{};
};
struct Claim {  // the message that carried it was delivered here, at `carrier`
  EndId end = 0;
  Token token = 0;
  EndId carrier = 0;
};
struct MailIn {  // arrived here for an end that had left
  EndId end = 0;
  Epoch epoch = 0;
  Mail in{};
};
struct MailOut {  // was to be sent from here for an end that had left; goes before what the end's Release or Close had
  EndId end = 0;
  Epoch epoch = 0;
  Mail out{};
};
struct Drained {  // nothing more of this epoch arrives here for `end`
  EndId end = 0;
  Epoch epoch = 0;
  bool lossy = false;  // because the other process died, not because it said fin
};
struct Close {  // the holder is done with `end`
  EndId end = 0;
  Epoch epoch = 0;  // as in Release
  CloseReason reason = CloseReason::closed;  // for the peer
  Mail out{};
};
struct Check {  // a direct link brought these for `carrier`, which is here: were they sent to it?
  EndId end = 0;  // the carrier
  std::uint32_t serial = 0;
  std::vector<Carried> ports{};
};
struct LinkFailed {  // a direct link ended here
  LinkId link = broker_link;
  bool lie = false;  // because of what the other process sent
  std::string why{};
};
using Up = std::variant<Create, Release, Claim, MailIn, MailOut, Drained, Close, Check, LinkFailed>;

// ---- From the broker, each on the control stream of the process that it is for.
struct Open {  // a new epoch begins; the peer is in another process
  EndId end = 0;
  Epoch epoch = 0;
  LinkId link = broker_link;  // whose two processes both have it, or are told of it before
  Mail in{}, out{};  // before anything that arrives on the link, before anything that waits here
};
struct OpenLocal {  // a new epoch of a channel whose ends are both here: two Opens in one step, [0] of `end` (side 0)
  EndId end = 0;
  Epoch epoch = 0;
  std::array<Mail, 2> in{}, out{};
};
struct CloseFinal {  // the peer is gone, and this is the last of what it sent
  EndId end = 0;
  Epoch epoch = 0;
  CloseReason reason = CloseReason::closed;
  Mail in{};
};
struct ReleaseAck {  // the Release was handled: the message that carries the end may go
  EndId end = 0;
};
struct Checked {  // a Check's answer: the places of those that were not
  EndId end = 0;
  std::uint32_t serial = 0;
  std::vector<std::uint32_t> bad{};
};
struct LinkOver {  // a direct link ended, or its other process did: nothing that follows names it
  LinkId link = broker_link;
};
using Down = std::variant<Open, OpenLocal, CloseFinal, ReleaseAck, Checked, LinkOver>;

}  // namespace mullion::node::core
