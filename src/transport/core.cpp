#include "transport/core.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "transport/discard.hpp"

namespace mullion::transport {
namespace {

constexpr std::size_t bytes_per_cost = 2048;
constexpr std::size_t part_cost = 32;
constexpr int rounds_of_a_pump = 8;

Error overloaded(std::size_t bytes) {
  return {Kind::overloaded, "queue", "The link's queue has no room for " + std::to_string(bytes) + " bytes more."};
}

Error no_memory(std::size_t bytes) {
  return {Kind::failed, "ENOMEM", "There is no memory to queue a record of " + std::to_string(bytes) + " bytes."};
}

Error fault_of(const Lane& lane) {
  if (lane.short_of_memory()) return {Kind::failed, "ENOMEM", lane.lie()};
  return protocol_error(lane.lie());
}

Error too_large(std::size_t bytes, std::size_t limit) {
  return {Kind::invalid, "too-large",
          "A record of " + std::to_string(bytes) + " bytes is over the link's limit of " + std::to_string(limit) + "."};
}

}  // namespace

Core::Core(Loop& loop, const LinkOptions& options)
    : loop_(loop), options_(options), queue_(options.queue_bytes, options.queue_records), spin_(options.spin_ns) {}

Core::~Core() { close(); }

Result<> Core::stand_on_socket(UniqueFd socket, bool maker) {
  auto wire = std::make_unique<SocketWire>(loop_, std::move(socket), *this);
  handshake_ = std::make_unique<Handshake>(loop_, *wire, *this, options_);
  descriptors_.use(*wire);
  wire_ = std::move(wire);
  return maker ? handshake_->offer() : Result<>();
}

void Core::stand_on(std::unique_ptr<Wire> wire, std::unique_ptr<Lane> lane) {
  descriptors_.use(*wire);
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

// Sending.

Result<> Core::send(const RecordHeader& header, std::span<const Bytes> parts, std::span<UniqueFd> fds) {
  if (!open()) return std::unexpected(ended_error());
  Gather payload(parts);
  const auto size = payload.left();
  if (size > options_.message_bytes) return std::unexpected(too_large(size, options_.message_bytes));
  if (!fds.empty()) {
    if (auto laden = send_laden(header, payload, fds); !laden) return laden;
  } else if (!lane_ || !queue_.empty() || !lane_->put(header, payload, 0)) {
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
  if (!queue_.push(header, payload)) {
    fail(no_memory(size));
    return std::unexpected(no_memory(size));
  }
  if (lane_) lane_->publish();
  return {};
}

Result<> Core::check_fds(std::span<const UniqueFd> fds) const {
  if (fds.size() > max_record_fds) {
    return std::unexpected(Error{Kind::invalid, "too-many-descriptors",
                                 "A record with " + std::to_string(fds.size()) + " descriptors is over the limit of " +
                                     std::to_string(max_record_fds) + "."});
  }
  return check_control({}, fds);
}

// Through the queue, which keeps a record until its descriptors can go.
Result<> Core::send_laden(const RecordHeader& header, Gather& payload, std::span<UniqueFd> fds) {
  if (auto checked = check_fds(fds); !checked) return checked;
  const auto size = payload.left();
  if (!queue_.admits(size, fds.size())) {
    refused_ = true;
    return std::unexpected(overloaded(size));
  }
  if (!queue_.push(header, payload, fds)) return std::unexpected(no_memory(size));
  if (lane_) pump_queue();
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
  descriptors_.tell();
  if (owes_writable()) end_turn_later();
  lane_->publish();
}

// What is left after the rounds goes on when the lane next wakes.
void Core::pump_queue() {
  for (int round = 0; round < rounds_of_a_pump; ++round) {
    if (queue_.put_into(*lane_, descriptors_)) return lane_->room_found();
    if (lane_->lie()) return fail(fault_of(*lane_));
    if (queue_.waits_at_gate()) lane_->room_found();
    lane_->publish();
    if (queue_.waits_at_gate()) return;
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
  if (!lane_ || !live() || paused_ || awaits_fds_ || in_record_) return false;
  const bool some = deliver_batch(most);
  if (some || in_part_) mark_active();
  if (!some) return false;
  if (handler_) handler_->on_turn_end();
  return true;
}

bool Core::deliver_batch(std::size_t most) {
  std::size_t cost = 0;
  batch_ = 0;
  in_part_ = false;
  for (more_ = false; cost < batch_cost && batch_ < most; ++cost) {
    switch (lane_->next()) {
      case Lane::Next::part:
        cost += part_cost;
        in_part_ = true;
        break;
      case Lane::Next::message:
        cost += lane_->payload().size() / bytes_per_cost;
        if (!give_record(false)) return batch_ > 0;
        break;
      case Lane::Next::laden:
        if (!have_descriptors() || !give_record(true)) return batch_ > 0;
        break;
      case Lane::Next::lie:
        fail(fault_of(*lane_));
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
bool Core::give_record(bool laden) {
  in_record_ = true;
  paused_ = true;  // until it was taken, or resume() was called
  const bool taken = laden ? give_laden() : handler_->on_record(lane_->header(), lane_->payload());
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

// False: they have not come, and the record waits for them, or what came is a lie.
bool Core::have_descriptors() {
  if (has_fds_) return true;
  switch (descriptors_.look(lane_->fds())) {
    case Descriptors::Look::here:
      record_fds_ = descriptors_.take();
      has_fds_ = true;
      return true;
    case Descriptors::Look::lie:
      fail(protocol_error("A record brings other descriptors than it says."));
      return false;
    case Descriptors::Look::awaited:
      break;
  }
  if (hung_up_) fail(closed_error());
  awaits_fds_ = true;
  lane_->pause(true);
  return false;
}

// What the handler holds is its own while it is called: it may close this link.
bool Core::give_laden() {
  auto fds = std::exchange(record_fds_, {});
  const bool taken = handler_->on_laden_record(lane_->header(), lane_->payload(), fds);
  has_fds_ = !taken;
  if (!taken) record_fds_ = std::move(fds);
  if (taken) discard(std::move(fds));
  return taken;
}

void Core::on_descriptors(PacketKind kind, Bytes message, std::vector<UniqueFd> fds) {
  auto taken = lane_ ? descriptors_.on_packet(kind, message, fds)
                     : std::unexpected(protocol_error("Descriptors come before a medium was agreed."));
  discard(std::move(fds));
  if (!taken) return fail(taken.error());
  if (kind == PacketKind::descriptors_taken) return end_turn_later();
  if (!std::exchange(awaits_fds_, false)) return;
  lane_->pause(paused_);
  later<&Core::turn>();
}

void Core::resume() {
  if (!paused_) return;
  paused_ = false;
  if (lane_) lane_->pause(awaits_fds_);
  later<&Core::turn>();
}

void Core::on_message(PacketKind kind, Bytes message, std::vector<UniqueFd> fds) {
  if (!live()) return discard(std::move(fds));
  if (kind >= PacketKind::descriptors) return on_descriptors(kind, message, std::move(fds));
  if (kind > PacketKind::control) return on_lane_packet(kind, message, std::move(fds));
  if (kind != PacketKind::control) return on_handshake(kind, message, std::move(fds));
  ++stats_.controls_in;
  if (lane_) later<&Core::turn>();  // the doorbell may have found the socket full of this
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
  if (owes_writable() || queue_.waits_at_gate()) end_turn_later();
}

}  // namespace mullion::transport
