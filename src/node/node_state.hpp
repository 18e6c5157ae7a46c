// What every node is made of: the core's Ports, who observes which end, and the delivery step of a turn.
#pragma once

#include <memory>
#include <vector>

#include "mullion/base/loop.hpp"
#include "mullion/node/node.hpp"
#include "node/core/ports.hpp"

namespace mullion::node {

// The broker's and a child's node derive from it; they know the ways out. Loop thread.
//
// What the core reports is gathered, and told to observers in the delivery step: at the end of a batch from a link, or
// of the turn. Inside it take() gives each end a bounded number of messages; the rest waits for the next turn.
class NodeState : public core::Ports::Sink, public std::enable_shared_from_this<NodeState> {
 public:
  NodeState(Loop& loop, const core::PortsOptions& options);
  virtual ~NodeState() = default;
  NodeState(const NodeState&) = delete;
  NodeState& operator=(const NodeState&) = delete;

  Loop& loop() const { return loop_; }
  NodeId id() const { return id_; }
  bool open() const { return !ended_ && connected_; }

  Result<std::pair<EndId, EndId>> create_channel();
  Result<> post(EndId end, std::span<const Bytes> parts, std::span<const EndId> ports, Room room,
                std::span<const Attachment> attachments = {});
  void observe(EndId end, EndObserver* observer);
  void start(EndId end);
  std::optional<Received> take(EndId end);
  void close(EndId end);
  Result<bool> wait(EndId end, std::uint64_t timeout_ns);
  bool holds(EndId end) const { return ports_.holds(end); }
  bool started(EndId end) const { return ports_.started(end); }
  std::optional<CloseReason> closed(EndId end) const {
    return ended_ ? CloseReason::peer_exited : ports_.closed(end);
  }
  std::size_t queued_bytes(EndId end) const { return ports_.queued_bytes(end); }
  void on_disconnected(std::move_only_function<void(const Error&)> f) { disconnected_ = std::move(f); }

  // Nothing is delivered and nothing sent any more; the loop is not touched again.
  virtual void end();
  bool entered() const { return entered_ > 0 || delivering_; }

 protected:
  // A derived class's function that a link called is under way: it may not be destroyed.
  class Entered {
   public:
    explicit Entered(NodeState& state) : state_(state) { ++state_.entered_; }
    ~Entered() { --state_.entered_; }

   private:
    NodeState& state_;
  };

  core::Ports& ports() { return ports_; }
  bool ended() const { return ended_; }
  void deliver();         // unless a wait is under way: then in the turn
  void deliver_later();
  void adopt(EndId end);  // a boot end
  void disconnect(CloseReason reason, const Error& why);

  virtual void settle() {}  // what a call into Ports has left to do
  virtual Result<bool> pump(EndId end, std::uint64_t timeout_ns) = 0;  // where `end` may hear something

  bool offer(EndId end, Bytes body) override;
  void ready(EndId end) override { mark(end); }
  void drained(EndId end) override;
  void closed(EndId end, CloseReason) override { mark(end); }

 private:
  struct Watch {
    EndObserver* observer = nullptr;
    bool listed = false;       // in ready_ or next_
    bool drained = false;      // to be told
    bool told_closed = false;
    std::uint32_t turn = 0;    // in which `taken` counts
    std::uint32_t taken = 0;
  };

  Result<> freeze(EndId end, std::size_t weight, std::span<const EndId> ports, core::PostRoom room,
                  std::span<const Attachment> attachments);
  Watch* watch(EndId end) { return watches_.find(end); }
  void mark(EndId end);
  void deliver_end(EndId end);
  void tell_ready_or_closed(EndId end);
  bool may_take(EndId end);
  void next_turn();
  void tell_disconnected();
  Result<bool> wait_until(EndId end, std::uint64_t deadline);

  Loop& loop_;
  const NodeId id_;
  core::Ports ports_;
  bool ended_ = false;
  bool connected_ = true;
  bool scheduled_ = false;
  bool delivering_ = false;
  int waiting_ = 0;
  int entered_ = 0;
  std::uint32_t turn_ = 0;
  core::Table<EndId, Watch> watches_;
  std::vector<EndId> ready_, spare_, next_;
  std::optional<Error> why_disconnected_;  // until it was told
  std::move_only_function<void(const Error&)> disconnected_;
  Timer next_turn_;
};

// The state's last owner lets go of it: now, or after the turn if a function of it is under way.
void release_later(Loop& loop, std::shared_ptr<NodeState> state);

// A number that other processes cannot guess.
std::uint64_t random_secret();

}  // namespace mullion::node
