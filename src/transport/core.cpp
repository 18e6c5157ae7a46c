#include "transport/core.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "base/driver.hpp"
#include "transport/discard.hpp"

namespace mullion::transport {
namespace {

// What a link delivers before the loop's other work gets its turn: so many records, or 2 MiB.
constexpr std::size_t batch_cost = 1024;
constexpr std::size_t bytes_per_cost = 2048;
constexpr std::size_t part_cost = 32;
constexpr int rounds_of_a_pump = 8;

// Only the link that was active last is spun on. Never followed, only compared.
thread_local const Core* last_active = nullptr;

Error overloaded(std::size_t bytes) {
  return {Kind::overloaded, "queue", "The link's queue has no room for " + std::to_string(bytes) + " bytes more."};
}

Error too_large(std::size_t bytes, std::size_t limit) {
  return {Kind::invalid, "too-large",
          "A record of " + std::to_string(bytes) + " bytes is over the link's limit of " + std::to_string(limit) + "."};
}

Error ended_error() { return {Kind::disconnected, "closed", "The link is closed."}; }

}  // namespace

// Keeps a core that its owner lets go of until the call that it is in has ended.
class Core::Busy {
 public:
  explicit Busy(Core& core) : core_(core) { ++core_.busy_; }
  ~Busy() { --core_.busy_; }

 private:
  Core& core_;
};

Core::Core(Loop& loop, const LinkOptions& options)
    : loop_(loop), options_(options), queue_(options.queue_bytes, options.queue_records), spin_(options.spin_ns) {}

Core::~Core() { close(); }

Result<> Core::stand_on_socket(UniqueFd socket, bool maker) {
  auto wire = std::make_unique<SocketWire>(loop_, std::move(socket), *this);
  handshake_ = std::make_unique<Handshake>(loop_, *wire, *this, options_);
  wire_ = std::move(wire);
  return maker ? handshake_->offer() : Result<>();
}

void Core::stand_on(std::unique_ptr<Wire> wire, std::unique_ptr<Lane> lane) {
  wire_ = std::move(wire);
  lane_ = std::move(lane);
  medium_ = lane_->medium();
}

void Core::start(LinkHandler& handler) {
  if (handler_ || ended_) return;
  handler_ = &handler;
  if (auto started = wire_->start(); !started) fail(started.error());
  later<&Core::turn>();
}

template <void (Core::*step)()>
void Core::later() {
  loop_.defer([weak = weak_from_this()] {
    if (auto self = weak.lock()) (self.get()->*step)();
  });
}

// Sending.

Result<> Core::send(const RecordHeader& header, std::span<const Bytes> parts) {
  if (!open()) return std::unexpected(ended_error());
  Gather payload(parts);
  const auto size = payload.left();
  if (size > options_.message_bytes) return std::unexpected(too_large(size, options_.message_bytes));
  if (!lane_ || !queue_.empty() || !lane_->put(header, payload)) {
    if (auto queued = queue(header, payload, size); !queued) return queued;
  }
  ++stats_.records_out;
  stats_.bytes_out += size;
  mark_active();
  end_turn_later();
  return {};
}

// Some of the payload may be in the lane already, but only if the queue was empty, and then the queue takes the rest.
Result<> Core::queue(const RecordHeader& header, Gather& payload, std::size_t size) {
  if (!queue_.admits(size)) {
    refused_ = true;
    return std::unexpected(overloaded(size));
  }
  const bool begun = payload.left() < size;
  if (!queue_.push(header, payload)) {
    const Error error{Kind::failed, "ENOMEM",
                      "There is no memory to queue a record of " + std::to_string(size) + " bytes."};
    if (begun) fail(error);
    return std::unexpected(error);
  }
  if (lane_) lane_->publish();
  return {};
}

Result<> Core::send_control(Bytes message, std::span<UniqueFd> fds) {
  if (!open()) return std::unexpected(ended_error());
  auto sent = wire_->send(PacketKind::control, message, fds);
  if (sent) ++stats_.controls_out;
  if (!sent && sent.error().kind == Kind::overloaded) refused_ = true;
  return sent;
}

void Core::flush() {
  if (!lane_ || !open()) return;
  if (!queue_.empty()) pump_queue();
  if (owes_writable()) end_turn_later();
  lane_->publish();
}

// What is left after the rounds goes on when the lane next wakes.
void Core::pump_queue() {
  for (int round = 0; round < rounds_of_a_pump; ++round) {
    if (queue_.put_into(*lane_)) return lane_->room_found();
    if (const char* lie = lane_->lie()) return fail(protocol_error(lie));
    lane_->publish();
    if (!lane_->want_room()) return;
  }
}

bool Core::owes_writable() const { return refused_ && live() && queue_.relaxed() && wire_->relaxed(); }

void Core::tell_writable() {
  if (!owes_writable()) return;
  refused_ = false;
  handler_->on_writable();
}

// Receiving.

void Core::on_stir() {
  ++stats_.wakeups;
  turn();
}

void Core::hear() {
  wire_->read();
  if (owes_writable()) end_turn_later();
}

void Core::turn() {
  if (lane_) lane_->awake();
  deliver(batch_cost);
  end_turn_later();
}

bool Core::deliver(std::size_t most) {
  if (!lane_ || !live() || paused_ || in_record_) return false;
  const bool some = deliver_batch(most);
  if (!some) return false;
  mark_active();
  if (handler_) handler_->on_turn_end();
  return true;
}

bool Core::deliver_batch(std::size_t most) {
  std::size_t cost = 0;
  batch_ = 0;
  for (more_ = false; cost < batch_cost && batch_ < most; ++cost) {
    switch (lane_->next()) {
      case Lane::Next::part:
        cost += part_cost;
        break;
      case Lane::Next::message:
        cost += lane_->payload().size() / bytes_per_cost;
        if (!give_record()) return batch_ > 0;
        break;
      case Lane::Next::lie:
        fail(protocol_error(lane_->lie()));
        return batch_ > 0;
      case Lane::Next::nothing:
        if (hung_up_) fail(closed_error());
        return batch_ > 0;
    }
  }
  more_ = true;
  return batch_ > 0;
}

// False: the record stays, or there is nobody to give another one to.
bool Core::give_record() {
  in_record_ = true;
  paused_ = true;  // until it was taken, or resume() was called
  const bool taken = handler_->on_record(lane_->header(), lane_->payload());
  in_record_ = false;
  if (!taken) {
    lane_->pause(paused_);
    return false;
  }
  paused_ = false;
  ++batch_;
  ++stats_.records_in;
  stats_.bytes_in += lane_->payload().size();
  lane_->pop();
  return live();
}

void Core::resume() {
  if (!paused_) return;
  paused_ = false;
  if (lane_) lane_->pause(false);
  later<&Core::turn>();
}

void Core::on_message(PacketKind kind, Bytes message, std::vector<UniqueFd> fds) {
  if (!live()) return discard(std::move(fds));
  if (kind > PacketKind::control) return on_lane_packet(kind, message, std::move(fds));
  if (kind != PacketKind::control) return on_handshake(kind, message, std::move(fds));
  ++stats_.controls_in;
  handler_->on_control(message, std::move(fds));
}

void Core::on_handshake(PacketKind kind, Bytes message, std::vector<UniqueFd> fds) {
  if (!handshake_) {
    discard(std::move(fds));
    return fail(protocol_error("The peer offers a medium where one was agreed."));
  }
  auto outcome = handshake_->on_message(kind, message, fds);
  discard(std::move(fds));
  if (!outcome) return fail(outcome.error());
  if (*outcome) take_lane(std::move(**outcome));
}

// What the lane waited for may be there now.
void Core::on_lane_packet(PacketKind kind, Bytes message, std::vector<UniqueFd> fds) {
  auto taken = lane_ ? lane_->on_packet(kind, message, fds)
                     : std::unexpected(protocol_error("A packet is for a medium that was not agreed."));
  discard(std::move(fds));
  if (!taken) return fail(taken.error());
  later<&Core::turn>();
}

void Core::take_lane(Agreement agreement) {
  handshake_.reset();
  lane_ = std::move(agreement.lane);
  medium_ = lane_->medium();
  options_.message_bytes = agreement.message_bytes;
  if (queue_.longest() > agreement.message_bytes) {
    Error error = too_large(queue_.longest(), agreement.message_bytes);
    error.code = "refused";
    return fail(error);
  }
  lane_->control_sent(wire_->packets_out());
  flush();
  turn();
}

void Core::on_packets_sent() {
  if (lane_) lane_->control_sent(wire_->packets_out());
  if (owes_writable()) end_turn_later();
}

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
  if (!lane_) return fail(closed_error());
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
