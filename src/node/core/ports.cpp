#include "node/core/ports.hpp"

#include <algorithm>

namespace mullion::node::core {
namespace {

std::unexpected<Error> port_error(std::string message) {
  return std::unexpected(Error{.kind = Kind::invalid, .code = "port", .message = std::move(message)});
}

std::unexpected<Error> bad_port(std::size_t index, std::string_view what) {
  return port_error("Port at index " + std::to_string(index) + std::string(what));
}

std::unexpected<Error> full(std::string message) {
  return std::unexpected(Error{.kind = Kind::overloaded, .code = "queue-full", .message = std::move(message)});
}

std::size_t total(std::span<const Bytes> parts) {
  std::size_t bytes = 0;
  for (Bytes part : parts) bytes += part.size();
  return bytes;
}

std::vector<std::byte> joined(std::span<const Bytes> parts) {
  std::vector<std::byte> body;
  body.reserve(total(parts));
  for (Bytes part : parts) body.insert(body.end(), part.begin(), part.end());
  return body;
}

}  // namespace

void Ports::say(Up&& message) {
  if (!ended_) sink_->up(std::move(message));
}

Result<std::pair<EndId, EndId>> Ports::create() {
  if (ended_) {
    return std::unexpected(Error{.kind = Kind::disconnected, .code = "destroyed", .message = "this node has ended"});
  }
  if (owned_ + 2 > options_.ends) {
    return std::unexpected(Error{
        .kind = Kind::overloaded,
        .code = "too-many-ports",
        .message = "this process holds " + std::to_string(owned_) + " message ports: close some before making more"});
  }
  EndId first = next_end();
  End end{.state = State::live, .epoch = 1};
  ends_[peer_of(first)] = end;
  ends_[first] = std::move(end);
  owned_ += 2;
  say(Create{first});
  return std::pair{first, peer_of(first)};
}

void Ports::adopt(EndId id) {
  End& end = ends_[id];
  end = End{.state = State::live, .link = broker_link, .epoch = 1};
  end.mine = end.peers = {first_window_bytes, first_window_messages};
  ++owned_;
  grant(id, end);
}

Result<> Ports::check_ports(EndId end, std::span<const EndId> ports) const {
  if (ports.size() > most_ports) return port_error("A message carries at most " + std::to_string(most_ports) + " ports");
  for (std::size_t i = 0; i < ports.size(); ++i) {
    if (!holds(ports[i])) return bad_port(i, " is not a valid port");
  }
  for (std::size_t i = 0; i < ports.size(); ++i) {
    if (ports[i] == end) return bad_port(i, " contains the source port.");
  }
  for (std::size_t i = 1; i < ports.size(); ++i) {
    auto before = ports.first(i);
    if (std::find(before.begin(), before.end(), ports[i]) != before.end()) return bad_port(i, " is a duplicate.");
  }
  return {};
}

Result<> Ports::check_room(EndId id, End& end, std::size_t bytes, PostRoom room) {
  std::size_t waiting = waiting_messages(id, end);
  bool hard = waiting > 0 && (waiting >= options_.hard_messages || waiting_bytes(id, end) + bytes > options_.hard_bytes);
  if (!hard && (room == PostRoom::outbox || has_credit(id, end))) return {};
  end.wants_room = true;
  if (hard) return full("the other end has not taken what was posted, and as much waits here as may");
  return full("the other end has not asked for more yet");
}

Result<> Ports::check_post(EndId id, std::size_t weight, std::span<const EndId> ports, PostRoom room) {
  End* end = find(id);
  if (!end) return port_error("this port is not here: it was closed or sent away");
  if (!ports.empty()) {
    if (auto fine = check_ports(id, ports); !fine) return fine;
  }
  if (end->state == State::closing || end->state == State::closed) return {};
  return check_room(id, *end, weight, room);
}

Result<> Ports::post(EndId id, std::span<const Bytes> parts, std::span<const EndId> ports, PostRoom room,
                     std::span<const Attachment> attachments) {
  End* end = find(id);
  if (!end) return port_error("this port is not here: it was closed or sent away");
  if (!ports.empty()) {
    if (auto fine = check_ports(id, ports); !fine) return fine;
  }
  if (end->state == State::closing || end->state == State::closed) {
    for (EndId port : ports) close(port);
    return {};
  }
  if (auto fine = check_room(id, *end, weight(total(parts), attachments.size()), room); !fine) return fine;
  const bool bare = ports.empty() && attachments.empty();
  if (!bare || !send_now(id, *end, parts)) enqueue(id, *end, parts, ports, attachments);
  return {};
}

// The common case: nothing waits, and the link takes the parts as they are.
bool Ports::send_now(EndId id, End& end, std::span<const Bytes> parts) {
  if (end.state != State::live || end.link == self_link || !end.outbox.empty() || !may_send(end)) return false;
  if (!sink_->data(end.link, id, end.epoch, parts, {})) {
    block(id, end);
    return false;
  }
  spend(end.mine, total(parts));
  return true;
}

void Ports::enqueue(EndId id, End& end, std::span<const Bytes> parts, std::span<const EndId> ports,
                    std::span<const Attachment> attachments) {
  Parcel parcel{.body = joined(parts), .attachments = {attachments.begin(), attachments.end()}};
  parcel.ports.reserve(ports.size());
  for (EndId port : ports) parcel.ports.push_back(detach(port, peer_of(id)));
  end.outbox.push(std::move(parcel));
  flush(id, end);
}

void Ports::start(EndId id) {
  End* end = find(id);
  if (!end || end->started) return;
  end->started = true;
  if (end->inbox.empty()) {
    report_closed(id, *end);
  } else if (has_message(id)) {
    sink_->ready(id);
  }
}

std::optional<Taken> Ports::take(EndId id) {
  if (!has_message(id)) return std::nullopt;
  End* end = find(id);
  Parcel parcel = end->inbox.pop();
  discharge(parcel);
  Taken taken{.body = std::move(parcel.body), .attachments = std::move(parcel.attachments)};
  for (const Carried& carried : parcel.ports) taken.ports.push_back(receive_port(carried, id));
  grant(id, *end);
  if (end->state == State::live && end->link == self_link && end->inbox.bytes() <= options_.window_bytes / 2 &&
      end->inbox.size() <= options_.window_messages / 2) {
    tell_drained(peer_of(id), *find(peer_of(id)));
  }
  report_closed(id, *end);
  return taken;
}

// Rule 4. What an honest process cannot have sent arrives as a port that is closed.
EndId Ports::receive_port(const Carried& carried, EndId carrier) {
  if (ended_ || carried.end == 0 || holds(carried.end)) return make_closed(next_end(), CloseReason::closed);
  say(Claim{carried.end, carried.token, carrier});
  if (owned_ >= options_.ends) {
    say(Close{.end = carried.end, .reason = CloseReason::refused});
    return make_closed(carried.end, CloseReason::refused);
  }
  ends_[carried.end] = End{};
  ++owned_;
  return carried.end;
}

EndId Ports::make_closed(EndId id, CloseReason reason) {
  ends_[id] = End{.state = State::closing, .owned = false, .reason = reason};
  return id;
}

// Rule 8, the end of the one that stays: nothing is left, so the broker may forget it.
void Ports::report_closed(EndId id, End& end) {
  if (end.state != State::closing || !end.started || !end.inbox.empty()) return;
  end.state = State::closed;
  if (std::exchange(end.owned, false)) {
    --owned_;
    say(Close{.end = id, .epoch = end.epoch});
  }
  sink_->closed(id, end.reason);
}

void Ports::close(EndId id) {
  auto node = ends_.extract(id);
  if (node.empty()) return;
  End& end = node.mapped();
  drop(end.inbox.take_all());
  if (!end.owned) return;
  --owned_;
  say(Close{.end = id, .epoch = end.epoch, .out = end.outbox.take_all()});
  if (end.state == State::live) leave_epoch(id, end);
  if (end.state == State::live) say(Drained{id, end.epoch});
}

void Ports::disconnect(CloseReason reason) {
  ended_ = true;
  tombstones_.clear();
  pending_.clear();
  waiting_.clear();
  blocked_.clear();
  checks_.clear();
  lost_links_.clear();
  over_links_.clear();
  for (EndId id : sorted_ends()) {
    End& end = *find(id);
    if (end.inbox.forget_checks() && end.started) sink_->ready(id);
    if (end.state == State::closed) continue;
    if (end.state != State::closing) end.reason = reason;
    end.state = State::closing;
    drop(end.outbox.take_all());
    tell_drained(id, end);
    report_closed(id, end);
  }
}

std::vector<EndId> Ports::sorted_ends() const {
  std::vector<EndId> ids;
  ids.reserve(ends_.size());
  for (const auto& [id, end] : ends_) ids.push_back(id);
  std::sort(ids.begin(), ids.end());
  return ids;
}

bool Ports::started(EndId id) const {
  const End* end = find(id);
  return end && end->started;
}

bool Ports::has_message(EndId id) const {
  const End* end = find(id);
  return end && end->started && !end->inbox.empty() && end->inbox.front().check == 0;
}

std::optional<CloseReason> Ports::closed(EndId id) const {
  const End* end = find(id);
  if (!end || end->state != State::closed) return std::nullopt;
  return end->reason;
}

std::size_t Ports::queued_bytes(EndId id) const {
  const End* end = find(id);
  return end ? waiting_bytes(id, *end) : 0;
}

}  // namespace mullion::node::core
