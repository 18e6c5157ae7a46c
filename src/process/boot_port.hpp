// One end of a child's boot channel: process-level messages in and out (src/protocol/process.fbs).
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "mullion/ipc/port.hpp"
#include "mullion/ipc/value.hpp"
#include "mullion/node/node.hpp"
#include "mullion/process/body.hpp"
#include "process_generated.h"

namespace mullion::process {

using protocol::Op;

// A message as it is sent; views live until the call returns.
struct Outgoing {
  Op op = Op::none;
  std::uint32_t request = 0;
  std::string_view channel{};
  detail::Body::Form form = detail::Body::Form::value;
  std::uint64_t hash = 0;
  std::span<const std::byte> body{};
  std::uint32_t frame = 0;
};

// A message as it came: checked to be whole, the body not yet looked at.
struct Incoming {
  Op op = Op::none;
  std::uint32_t request = 0;
  std::string channel{};
  detail::Body body{};
  std::vector<MessagePort> ports{};
  std::uint32_t frame = 0;
};

// Whether what a message calls may itself wait for an answer (wait_for): a child's may, main's may not, and is spared a
// copy for it.
enum class Waiting : bool { never, may };

class BootPort final : public node::EndObserver {
 public:
  // `receive` gets each message; `violated` hears of one that cannot be read; `closed` comes once, last.
  struct Handlers {
    std::move_only_function<void(Incoming)> receive;
    std::move_only_function<void(std::string)> violated;
    std::move_only_function<void(node::CloseReason)> closed;
  };

  BootPort(std::shared_ptr<node::Node> node, node::EndId end, Waiting waiting)
      : node_(std::move(node)), end_(end), waiting_(waiting) {}
  ~BootPort();
  BootPort(const BootPort&) = delete;
  BootPort& operator=(const BootPort&) = delete;

  void start(Handlers handlers);
  // Ports leave the caller on success only.
  Result<> send(const Outgoing& message, MessagePort** ports = nullptr, std::size_t count = 0);
  // The same with ends that are already out of their MessagePorts; they leave the caller on success only.
  Result<> send_ends(const Outgoing& message, std::span<const node::EndId> ends);
  Result<> send_value(Outgoing message, const Value& value);  // the value is the body
  // Blocks until an answer to that request came, and returns it; what else comes is received later, in order.
  // `failed`, code "timeout".
  Result<Incoming> wait_for(std::uint32_t request, std::uint64_t timeout_ms);
  const std::shared_ptr<node::Node>& node() const { return node_; }

 private:
  bool on_parcel(node::Bytes body) override;
  void on_parcel_ready() override;
  void on_closed(node::CloseReason reason) override;
  Result<Incoming> read(node::Bytes body);
  std::optional<Incoming> take();
  bool answer_ping(const Incoming& message);  // by whoever takes messages, even while it waits for another
  void receive_held();

  std::shared_ptr<node::Node> node_;
  node::EndId end_;
  Waiting waiting_;
  Handlers handlers_;
  std::deque<Incoming> held_;  // came while wait_for() waited for something else
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace mullion::process
