// MessageChannel and MessagePort: the web's message channels, between any two roles.
#pragma once

#include <concepts>
#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "mullion/base/error.hpp"
#include "mullion/base/task.hpp"
#include "mullion/ipc/value.hpp"
#include "mullion/node/types.hpp"

namespace mullion {

namespace node {
class Node;
}

class MessagePort;
class StartedPort;
struct Message;

namespace detail {

class PortReceiver;

// What both kinds of port can do: one end of a channel, owned.
class PortBase {
 public:
  PortBase() = default;
  PortBase(std::shared_ptr<node::Node> node, node::EndId end) : node_(std::move(node)), end_(end) {}
  PortBase(PortBase&& other) noexcept : node_(std::move(other.node_)), end_(std::exchange(other.end_, 0)) {}
  PortBase& operator=(PortBase&& other) noexcept;
  ~PortBase() { close(); }

  // False once it was moved from, sent, or closed here.
  explicit operator bool() const { return end_ != 0; }
  void close();

  // Queues beyond what the receiver asked for, up to 64 MiB: `overloaded` after that. Ports are given by std::move, and
  // taken on success only.
  template <std::same_as<MessagePort>... Ports>
  Result<> post_message(const Value& data, Ports&&... ports) const {
    MessagePort* each[] = {&ports..., nullptr};
    return post(data, {each, sizeof...(ports)}, Room::outbox);
  }
  // The same with ports that are gathered at run time.
  Result<> post_message_with(const Value& data, std::span<MessagePort* const> ports) const {
    return post(data, ports, Room::outbox);
  }
  // Bytes as they are, without the clone format around them.
  Result<> post_bytes(std::span<const std::byte> bytes) const { return post(bytes, Room::outbox); }

  // For who knows the node: the end that this port owns, and giving it up without closing it.
  const std::shared_ptr<node::Node>& node() const { return node_; }
  node::EndId end() const { return end_; }
  node::EndId release() { return std::exchange(end_, 0); }

 protected:
  enum class Room : bool { outbox, credit };
  Result<> post(const Value& data, std::span<MessagePort* const> ports, Room room) const;
  Result<> post(std::span<const std::byte> bytes, Room room) const;

  std::shared_ptr<node::Node> node_;
  node::EndId end_ = 0;
};

}  // namespace detail

// One end of a message channel that does not receive: it may post, and it may be sent to any other role in a message.
// What arrives waits. Move-only; dropping it closes the channel: the other end hears `closed` after the last message.
// Loop thread.
//
//   auto ends = app.create_channel();
//   worker.post_message("here is your port", std::move(ends->port1));
//   auto port = std::move(ends->port2).start();                         // from here on it receives
//
// - Messages arrive whole, once, in the order posted, however often either end is sent on meanwhile. A port takes its
//   backlog along.
// - Posting to a channel whose other end is gone is success, as on the web: nobody hears it, and the ports that were to
//   go along are closed. So is posting on a port that is empty.
// - Otherwise ports leave the caller if and only if the call succeeds. `invalid` names the one that cannot go:
//   "Port at index 1 is a duplicate.", "Port at index 0 contains the source port."
class MessagePort : public detail::PortBase {
 public:
  using PortBase::PortBase;

  // Opens the queue: what has arrived is delivered from the loop's next turn on.
  StartedPort start() &&;
};

// What a port received.
struct Message {
  Value data;  // bytes that were posted with post_bytes are a bytes value
  std::vector<MessagePort> ports;
};

// A port that receives, by `co_await port.receive()` or by callbacks, not both. Move-only; dropping it closes it, and
// nothing is called after. Loop thread.
//
//   for (auto query = co_await port.receive(); query; query = co_await port.receive()) { ... }
//
// The end: after the last message, once, `disconnected`, whose code says why: "closed" by the other side, its process
// ended ("peer-exited"), it broke the "protocol", or it was "refused". One's own close() is not told to on_close.
class StartedPort : public detail::PortBase {
 public:
  StartedPort();  // empty: to be assigned to
  StartedPort(StartedPort&&) noexcept;
  StartedPort& operator=(StartedPort&&) noexcept;
  ~StartedPort();

  void close();  // receive() and drained() that wait answer `disconnected`

  // Posts only what the receiver has room for (4 MiB or 4096 messages ahead of it, unless told otherwise); else
  // `overloaded`, and the caller keeps value and ports: await drained() and post again.
  template <std::same_as<MessagePort>... Ports>
  Result<> try_post(const Value& data, Ports&&... ports) const {
    MessagePort* each[] = {&ports..., nullptr};
    return noted(post(data, {each, sizeof...(ports)}, Room::credit));
  }
  Result<> try_post_bytes(std::span<const std::byte> bytes) const { return noted(post(bytes, Room::credit)); }
  // There is room again after try_post was refused. `disconnected` when the channel ended.
  Task<Result<>> drained() const;

  // The next message. `invalid` for one that cannot be read; those after it still come. One at a time: a second one
  // takes the place of the first, which answers `invalid`.
  Task<Result<Message>> receive() const;

  void on_message(std::move_only_function<void(Message)> f) const;
  // Messages of post_bytes, in place: valid during the call, no copy. Without it they come as on_message. A synchronous
  // call to main is `invalid` inside it.
  void on_bytes(std::move_only_function<void(std::span<const std::byte>)> f) const;
  void on_message_error(std::move_only_function<void(const Error&)> f) const;  // a message that cannot be read
  void on_close(std::move_only_function<void(const Error&)> f) const;  // in the next turn if it has closed already

  // Stops receiving; what arrived and was not taken waits for the next start().
  MessagePort detach() &&;

 private:
  friend class MessagePort;
  StartedPort(std::shared_ptr<node::Node> node, node::EndId end);
  Result<> noted(Result<> posted) const;
  std::unique_ptr<detail::PortReceiver> receiver_;
};

// Two entangled ports.
struct MessageChannel {
  MessagePort port1;
  MessagePort port2;
  static Result<MessageChannel> create(const std::shared_ptr<node::Node>& node);
};

}  // namespace mullion
