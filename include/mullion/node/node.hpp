// One process's part in the network: the ends of channels that live here, and the calls that use them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "mullion/base/error.hpp"
#include "mullion/node/types.hpp"

namespace mullion {
class Loop;
}

namespace mullion::node {

class NodeState;

using Bytes = std::span<const std::byte>;

// What an end tells whoever holds it. Called on the loop's thread in the delivery step of a turn, never from inside a
// call into Node. Each function may call anything of the node, stop observing, and destroy the observer.
class EndObserver {
 public:
  // A message without ports, before it is stored: a view that is good during the call. False leaves it to take().
  // Called only for a started end with nothing to take, and not at all for messages from this process. Node::wait is
  // `invalid` inside it. The default takes nothing.
  virtual bool on_parcel(Bytes body) { return (void)body, false; }
  // take() has something, and had nothing before, or gave as much as it gives one end in a turn (200 messages).
  virtual void on_parcel_ready() = 0;
  // There is room again after a try_post was refused.
  virtual void on_drained() {}
  // The other end is gone and everything it had sent was taken. Once for each observe(); only on a started end.
  virtual void on_closed(CloseReason reason) = 0;

 protected:
  ~EndObserver() = default;
};

// A message that arrived. The ends in it belong to this node now; whoever takes it must close them or send them on.
struct Received {
  std::vector<std::byte> body;
  std::vector<EndId> ports;
  std::vector<Attachment> attachments{};  // null: its sender could not send it
};

enum class Room : std::uint8_t {
  outbox,  // what the peer has not asked for yet waits here, up to a hard bound (64 MiB an end)
  credit,  // only as much as the peer's window has room for
};

// The ends of channels in this process. Made by Broker or ChildNode; a shared_ptr that outlives them holds a node that
// has ended, whose calls answer `disconnected`. Loop thread.
//
//   auto ends = node.create_channel();
//   node.post(ends->first, text);             // waits until the second is started
//   node.observe(ends->second, &observer);
//   node.start(ends->second);                 // the observer's on_parcel_ready() comes at the end of this turn
//
// - An end lives in one process at a time. Sending it in a message moves it with what it has not delivered.
// - Messages arrive whole, once and in the order posted, however often the ends move.
// - Posting to an end whose peer is gone is not an error; posting from an end that is not here is (`invalid`).
class Node {
 public:
  explicit Node(std::shared_ptr<NodeState> state);
  ~Node();
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  Loop& loop() const;
  NodeId id() const;  // 1 is the broker
  bool open() const;  // false once the node has ended or, in a child, main is gone

  // Two entangled ends, both here. `overloaded` when this process has as many as it may.
  Result<std::pair<EndId, EndId>> create_channel();
  // Sends the parts, one after the other, as one message, with the ends `ports`, which leave this node if and only if
  // the call succeeds. `overloaded`: no room. `invalid`: an end is not here, is carried twice, or is `end` itself (code
  // "port"; data is absent, the message names its place in `ports`); or the message is larger than a link carries.
  Result<> post(EndId end, std::span<const Bytes> parts, std::span<const EndId> ports = {}, Room room = Room::outbox);
  Result<> post(EndId end, Bytes body, std::span<const EndId> ports = {}, Room room = Room::outbox);
  // The same with memory, which is frozen if and only if the call succeeds, unless it is shared. `invalid`, code "buffer":
  // one of them is none, or cannot be sealed, or they are more than 16; the message names its place.
  Result<> post(EndId end, std::span<const Bytes> parts, std::span<const EndId> ports,
                std::span<const Attachment> attachments, Room room = Room::outbox);

  // Replaces the last one; nullptr: nobody. What waits at the end already is told, to the same observer again.
  void observe(EndId end, EndObserver* observer);
  void start(EndId end);  // opens the queue; once open it stays so until the end moves
  bool started(EndId end) const;
  std::optional<Received> take(EndId end);  // the oldest message of a started end
  void close(EndId end);                    // the peer's holder is told, after what was posted
  bool holds(EndId end) const;              // lives here and was not closed
  // The peer is gone and nothing is left to take.
  std::optional<CloseReason> closed(EndId end) const;
  std::size_t queued_bytes(EndId end) const;  // posted and not yet asked for by the peer

  // Waits, without running the loop, until take(end) has something (true) or the end is closed or `timeout_ns` is up
  // (false). What arrives for other ends waits for its turn. Only in a child: main waits for nobody (`denied`).
  Result<bool> wait(EndId end, std::uint64_t timeout_ns);

  // Once, in a turn of the loop: the link to main ended. After it every end is closed.
  void on_disconnected(std::move_only_function<void(const Error&)> f);

 private:
  std::shared_ptr<NodeState> state_;
};

}  // namespace mullion::node
