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
#include "mullion/ipc/shared_buffer.hpp"
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

template <class T>
concept Carriable = std::same_as<T, MessagePort> || std::same_as<T, SharedBuffer>;

// An array, vector or span of std::span<const std::byte>.
template <class T>
concept Scattered = std::convertible_to<const T&, std::span<const std::span<const std::byte>>>;

// What goes along with a message, apart by kind, in order.
struct Loaded {
  MessagePort* const* ports = nullptr;
  std::size_t port_count = 0;
  SharedBuffer* const* buffers = nullptr;
  std::size_t buffer_count = 0;
};
template <std::size_t count>
struct Cargo {
  template <class... T>
  explicit Cargo(T&... carried) {
    (add(carried), ...);
  }
  void add(MessagePort& port) { ports[port_count++] = &port; }
  void add(SharedBuffer& buffer) { buffers[buffer_count++] = &buffer; }
  Loaded loaded() const { return {ports, port_count, buffers, buffer_count}; }

  MessagePort* ports[count + 1] = {};
  SharedBuffer* buffers[count + 1] = {};
  std::size_t port_count = 0, buffer_count = 0;
};

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

  // Queues beyond what the receiver asked for, up to 64 MiB: `overloaded` after that. Ports and SharedBuffers are given
  // by std::move, in any order, and taken on success only.
  template <detail::Carriable... Carried>
  Result<> post_message(const Value& data, Carried&&... carried) const {
    const Cargo<sizeof...(Carried)> cargo(carried...);
    return post(data, cargo.loaded(), Room::outbox);
  }
  // The same with what was gathered at run time.
  Result<> post_message_with(const Value& data, std::span<MessagePort* const> ports,
                             std::span<SharedBuffer* const> buffers = {}) const;
  // Bytes as they are, without the clone format around them.
  Result<> post_bytes(std::span<const std::byte> bytes) const { return post(&bytes, 1, Room::outbox); }
  // The same from several places, one after the other, without putting them together first: at most 64 MiB in all. The
  // receiver gets them as one. Longer than 64 KiB they are copied once here and once there.
  template <detail::Scattered Parts>
  Result<> post_bytes(const Parts& parts) const {
    return post(std::data(parts), std::size(parts), Room::outbox);
  }

  // For who knows the node: the end that this port owns, and giving it up without closing it.
  const std::shared_ptr<node::Node>& node() const { return node_; }
  node::EndId end() const { return end_; }
  node::EndId release() { return std::exchange(end_, 0); }

 protected:
  enum class Room : bool { outbox, credit };
  // Plain pointers: a span of a new kind costs whoever includes this header a hundred instantiations.
  Result<> post(const Value& data, const Loaded& loaded, Room room) const;
  Result<> post(const std::span<const std::byte>* parts, std::size_t count, Room room) const;

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
// - Otherwise ports and buffers leave the caller if and only if the call succeeds. `invalid` names the one that cannot
//   go: "Port at index 1 is a duplicate.", "Port at index 0 contains the source port.", "Buffer at index 2 is empty."
// - Where they stand in the value is the program's to say, with Value::port(index) and Value::shared_buffer(index).
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
  std::vector<SharedBuffer> buffers{};
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
  template <detail::Carriable... Carried>
  Result<> try_post(const Value& data, Carried&&... carried) const {
    const detail::Cargo<sizeof...(Carried)> cargo(carried...);
    return noted(post(data, cargo.loaded(), Room::credit));
  }
  Result<> try_post_bytes(std::span<const std::byte> bytes) const { return noted(post(&bytes, 1, Room::credit)); }
  template <detail::Scattered Parts>
  Result<> try_post_bytes(const Parts& parts) const {
    return noted(post(std::data(parts), std::size(parts), Room::credit));
  }
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
