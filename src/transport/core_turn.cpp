// A link's core between its turns: how it sleeps, waits without a loop, and ends.
#include <algorithm>
#include <string>
#include <utility>

#include "base/driver.hpp"
#include "transport/core.hpp"
#include "transport/discard.hpp"

namespace mullion::transport {
namespace {

// Only the link that was active last is spun on. Never followed, only compared.
thread_local const Core* last_active = nullptr;

}  // namespace

// Keeps a core that its owner lets go of until the call that it is in has ended.
class Core::Busy {
 public:
  explicit Busy(Core& core) : core_(core) { ++core_.busy_; }
  ~Busy() { --core_.busy_; }

 private:
  Core& core_;
};

// The end of a turn, and sleeping in the loop.

void Core::end_turn_later() {
  if (std::exchange(turn_end_due_, true)) return;
  later<&Core::end_turn>();
}

void Core::end_turn() {
  turn_end_due_ = false;
  flush();
  tell_writable();
  if (fate_) return tell_closed();
  if (!more_ || paused_ || !live()) return settle();
  (void)loop_.post([weak = weak_from_this()] {
    if (auto self = weak.lock()) self->turn();
  });
}

void Core::settle() {
  if (!lane_ || !live() || hung_up_) return;
  const bool active = std::exchange(active_, false) && last_active == this;
  if (!active || !lane_->can_spin()) return doze();
  later<&Core::spin_then_doze>();  // behind what others have put off to the end of this turn
}

void Core::spin_then_doze() {
  if (!lane_ || !live() || turn_end_due_) return;
  spin(options_.spin_ns) ? turn() : doze();
}

void Core::doze() {
  if (!lane_->doze()) turn();
}

bool Core::spin(std::uint64_t most) {
  const auto time = std::min<std::uint64_t>(spin_.next(), most);
  if (time == 0) return false;
  const bool won = lane_->spin(time);
  won ? spin_.won() : spin_.lost();
  ++(won ? stats_.spins_won : stats_.spins_lost);
  return won;
}

void Core::mark_active() {
  active_ = true;
  last_active = this;
}

// Waiting without the loop.

Result<bool> Core::wait(std::uint64_t timeout_ns) {
  if (in_record_) return std::unexpected(Error{Kind::invalid, "in-record", "Link::wait was called from on_record."});
  const Busy busy(*this);
  if (lane_) lane_->awake();
  end_turn_later();
  slept_ = false;
  if (come()) {
    burst_ = batch_cost;  // the peer is ahead
    return true;
  }
  if (timeout_ns > 0) glance();
  return wait_on(timeout_ns);
}

Result<bool> Core::wait_on(std::uint64_t timeout_ns) {
  for (std::uint64_t end = 0;;) {
    if (come()) {
      if (batch_ == 1) burst_ = 1;
      return true;
    }
    if (fate_) tell_closed();
    if (!handler_) return std::unexpected(ended_error());
    const auto now = now_ns();
    if (end == 0) end = timeout_ns > UINT64_MAX - now ? UINT64_MAX : now + timeout_ns;
    if (now >= end || alone_) return false;
    if (!more_ || paused_) rest(end - now);
  }
}

// Where records come one by one, a look for the second before the first is answered would hold the answer up: the line
// to look at is the peer's, and far away.
bool Core::come() {
  flush();
  tell_writable();
  const bool slept = std::exchange(slept_, false);
  if (deliver(burst_)) return true;
  return live() && (!lane_ || slept || lane_->control_waits(wire_->packets_in())) && read_wire();
}

// Before anything else is asked for, so that an answer that comes at once finds nothing in its way.
void Core::glance() {
  if (lane_ && live() && spin_.worth() && lane_->can_spin()) lane_->glance();
}

bool Core::read_wire() {
  const auto before = stats_.controls_in + stats_.records_in;
  wire_->read();
  return stats_.controls_in + stats_.records_in != before;
}

void Core::rest(std::uint64_t nanoseconds) {
  slept_ = !lane_ || !lane_->can_spin() || !spin(nanoseconds);
  if (!slept_) return;
  const HostWaits waits(loop_);
  if (!lane_) return wire_->wait(nanoseconds);
  lane_->sleep(nanoseconds, wire_->fd(), wire_->packets_in());
}

// The end.

void Core::on_hang_up() {
  if (!open()) return;
  hung_up_ = true;
  queue_.clear();
  wire_->close();
  if (!lane_ || awaits_fds_) return fail(closed_error());
  turn();
}

void Core::on_fault(const Error& why) { fail(why); }

void Core::report_violation(std::string why) { fail(protocol_error(std::move(why))); }

void Core::fail(const Error& why) {
  if (fate_ || ended_) return;
  fate_ = why;
  let_go();
  end_turn_later();
}

void Core::close() {
  if (ended_) return;
  flush();
  ended_ = true;
  handler_ = nullptr;
  let_go();
}

void Core::end(std::shared_ptr<Core> core) {
  core->close();
  if (core->busy_ > 0) core->loop_.defer([core] {});
}

void Core::let_go() {
  queue_.clear();
  discard(std::exchange(record_fds_, {}));
  discard(descriptors_.drop());
  if (wire_) wire_->close();
  if (!lane_) return;
  lane_->control_sent(wire_->packets_out() + 1);  // whoever waits without a loop looks at the socket
  lane_->close();
}

void Core::tell_closed() {
  LinkHandler* handler = std::exchange(handler_, nullptr);
  if (!handler) return;
  stats_ = stats();
  lane_.reset();
  const Error why = *fate_;
  handler->on_closed(why);
}

LinkStats Core::stats() const {
  LinkStats stats = stats_;
  if (lane_) stats.doorbells = lane_->rung(), stats.pool_bytes = lane_->pool_bytes();
  stats.queued_bytes = queue_.bytes();
  stats.queued_records = queue_.records();
  return stats;
}

}  // namespace mullion::transport
