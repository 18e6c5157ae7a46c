#include "node/node_state.hpp"

#include <sys/random.h>

#include <chrono>

#include "node/memory.hpp"
#include "node/node_link.hpp"

namespace mullion::node {
namespace {

constexpr std::uint32_t messages_per_turn = 200;  // of one end, then others get their turn

Error ended_error() { return {.kind = Kind::disconnected, .code = "closed", .message = "The node has ended."}; }

Error too_large(std::size_t bytes) {
  return {.kind = Kind::invalid, .code = "too-large",
          .message = "A message of " + std::to_string(bytes) + " bytes is over the limit of " +
                     std::to_string(max_message_bytes) + "."};
}

std::unexpected<Error> bad_buffer(std::size_t index, std::string_view what) {
  return std::unexpected(Error{.kind = Kind::invalid, .code = "buffer",
                               .message = "Buffer at index " + std::to_string(index) + std::string(what)});
}

std::size_t size_of(std::span<const Bytes> parts) {
  std::size_t size = 0;
  for (Bytes part : parts) size += part.size();
  return size;
}

std::uint64_t now_ns() {
  return static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch() / std::chrono::nanoseconds(1));
}

}  // namespace

NodeState::NodeState(Loop& loop, const core::PortsOptions& options)
    : loop_(loop), id_(options.node), ports_(options, *this) {}

void NodeState::end() {
  ended_ = true;
  watches_.clear();
  ready_.clear();
  next_.clear();
  next_turn_ = {};
}

// ---- the program's calls

Result<std::pair<EndId, EndId>> NodeState::create_channel() {
  if (ended_) return std::unexpected(ended_error());
  auto ends = ports_.create();
  settle();
  return ends;
}

// Memory cannot be thawed: first it is seen that the post will succeed.
Result<> NodeState::freeze(EndId end, std::size_t weight, std::span<const EndId> ports, core::PostRoom room,
                           std::span<const Attachment> attachments) {
  if (attachments.size() > most_attachments) return bad_buffer(most_attachments, " is one more than a message carries.");
  for (std::size_t i = 0; i < attachments.size(); ++i) {
    if (!attachments[i]) return bad_buffer(i, " is empty.");
  }
  if (auto fine = ports_.check_post(end, weight, ports, room); !fine) return fine;
  for (std::size_t i = 0; i < attachments.size(); ++i) {
    auto sealed = attachments[i]->file().seal();
    if (!sealed) return bad_buffer(i, " cannot be sealed: " + sealed.error().message);
  }
  return {};
}

Result<> NodeState::post(EndId end, std::span<const Bytes> parts, std::span<const EndId> ports, Room room,
                         std::span<const Attachment> attachments) {
  if (ended_) return std::unexpected(ended_error());
  const std::size_t size = size_of(parts);
  if (size > max_message_bytes) return std::unexpected(too_large(size));
  const auto post_room = room == Room::credit ? core::PostRoom::credit : core::PostRoom::outbox;
  if (!attachments.empty()) {
    auto frozen = freeze(end, core::weight(size, attachments.size()), ports, post_room, attachments);
    if (!frozen) return frozen;
  }
  auto posted = ports_.post(end, parts, ports, post_room, attachments);
  if (posted)
    for (EndId port : ports) watches_.erase(port);
  settle();
  return posted;
}

void NodeState::observe(EndId end, EndObserver* observer) {
  if (ended_) return;
  if (!observer) {
    watches_.erase(end);
    return;
  }
  Watch& watch = watches_[end];
  if (std::exchange(watch.observer, observer) != observer) watch.drained = false;
  watch.told_closed = false;
  if (ports_.has_message(end) || ports_.closed(end)) mark(end);
}

void NodeState::start(EndId end) {
  if (ended_) return;
  ports_.start(end);
  settle();
}

std::optional<Received> NodeState::take(EndId end) {
  if (ended_ || !may_take(end)) return std::nullopt;
  auto taken = ports_.take(end);
  settle();
  if (!taken) return std::nullopt;
  return Received{
      .body = std::move(taken->body), .ports = std::move(taken->ports), .attachments = std::move(taken->attachments)};
}

void NodeState::close(EndId end) {
  if (ended_) return;
  watches_.erase(end);
  ports_.close(end);
  settle();
}

// ---- waiting without the loop

Result<bool> NodeState::wait(EndId end, std::uint64_t timeout_ns) {
  if (ended_) return std::unexpected(ended_error());
  const std::uint64_t now = now_ns();
  const auto self = shared_from_this();
  ++waiting_;
  auto result = wait_until(end, timeout_ns > UINT64_MAX - now ? UINT64_MAX : now + timeout_ns);
  --waiting_;
  if (!ready_.empty()) deliver_later();
  return result;
}

Result<bool> NodeState::wait_until(EndId end, std::uint64_t deadline) {
  while (!ports_.has_message(end)) {
    const std::uint64_t now = now_ns();
    if (now >= deadline || !ports_.holds(end) || ports_.closed(end)) return false;
    auto pumped = pump(end, deadline - now);
    if (!pumped && ports_.has_message(end)) return true;
    if (!pumped) return std::unexpected(std::move(pumped).error());
    if (ended_) return std::unexpected(ended_error());
  }
  return true;
}

// ---- what the core reports

bool NodeState::offer(EndId end, Bytes body) {
  if (waiting_ > 0 || ended_) return false;
  Watch* found = watch(end);
  return found && found->observer->on_parcel(body);
}

void NodeState::drained(EndId end) {
  if (Watch* found = watch(end)) found->drained = true;
  mark(end);
}

void NodeState::mark(EndId end) {
  Watch* found = watch(end);
  if (!found || found->listed) return;
  found->listed = true;
  ready_.push_back(end);
  deliver_later();
}

void NodeState::disconnect(CloseReason reason, const Error& why) {
  if (!connected_ || ended_) return;
  connected_ = false;
  why_disconnected_ = why;
  ports_.disconnect(reason);
  deliver_later();
}

void NodeState::adopt(EndId end) { ports_.adopt(end); }

// ---- the delivery step

void NodeState::deliver_later() {
  if (scheduled_ || ended_) return;
  scheduled_ = true;
  loop_.defer([weak = weak_from_this()] {
    const auto self = weak.lock();
    if (!self) return;
    self->scheduled_ = false;
    self->deliver();
  });
}

void NodeState::deliver() {
  if (ended_ || delivering_ || (ready_.empty() && !why_disconnected_)) return;
  if (waiting_ > 0) return deliver_later();
  const auto self = shared_from_this();
  delivering_ = true;
  ++turn_;
  auto batch = std::exchange(ready_, std::move(spare_));
  for (EndId end : batch)
    if (!ended_) deliver_end(end);
  if (!ended_ && ready_.empty()) tell_disconnected();
  delivering_ = false;
  if (ended_) return;
  batch.clear();
  spare_ = std::move(batch);
  if (!ready_.empty() || why_disconnected_) deliver_later();
}

void NodeState::deliver_end(EndId end) {
  Watch* found = watch(end);
  if (!found) return;
  found->listed = false;
  if (std::exchange(found->drained, false)) found->observer->on_drained();
  if (!ended_) tell_ready_or_closed(end);
}

void NodeState::tell_ready_or_closed(EndId end) {
  Watch* found = watch(end);
  if (!found) return;
  if (ports_.has_message(end)) return found->observer->on_parcel_ready();
  const auto reason = ports_.closed(end);
  if (!reason || std::exchange(found->told_closed, true)) return;
  found->observer->on_closed(*reason);
}

bool NodeState::may_take(EndId end) {
  Watch* found = delivering_ ? watch(end) : nullptr;
  if (!found) return true;
  if (std::exchange(found->turn, turn_) != turn_) found->taken = 0;
  if (found->taken++ < messages_per_turn) return true;
  if (!std::exchange(found->listed, true)) next_.push_back(end), next_turn();
  return false;
}

// A timer lets descriptors and other timers go first, which a deferred task would not.
void NodeState::next_turn() {
  if (next_.size() > 1) return;
  next_turn_ = Timer(loop_, 0, [this] {
    ready_.insert(ready_.end(), next_.begin(), next_.end());
    next_.clear();
    deliver();
  });
}

void NodeState::tell_disconnected() {
  if (!why_disconnected_) return;
  const Error why = std::move(*why_disconnected_);
  why_disconnected_.reset();
  auto told = std::move(disconnected_);
  if (told) told(why);
}

void release_later(Loop& loop, std::shared_ptr<NodeState> state) {
  if (state->entered()) loop.defer([state = std::move(state)] {});
}

std::uint64_t random_secret() {
  std::uint64_t secret = 0;
  while (getrandom(&secret, sizeof secret, 0) != sizeof secret) continue;
  return secret;
}

}  // namespace mullion::node
