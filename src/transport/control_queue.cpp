#include "transport/control_queue.hpp"

#include <iterator>
#include <utility>

#include "transport/wire.hpp"

namespace mullion::transport {

bool ControlQueue::admits(std::size_t bytes) const {
  return messages_.empty() ||
         (bytes_ + bytes <= max_control_queue_bytes && messages_.size() < max_control_queue_messages);
}

void ControlQueue::push(PacketKind kind, Bytes message, std::span<UniqueFd> fds) {
  Message& last = messages_.emplace_back(kind, std::vector<std::byte>(message.begin(), message.end()),
                                         std::vector<UniqueFd>());
  last.fds.assign(std::move_iterator(fds.begin()), std::move_iterator(fds.end()));
  bytes_ += message.size();
}

Sent ControlQueue::send(int socket) {
  while (!messages_.empty()) {
    Message& first = messages_.front();
    do {
      if (const Sent sent = send_part(socket, first); sent != Sent::sent) return sent;
    } while (!first.done());
    bytes_ -= first.bytes.size();
    messages_.pop_front();
  }
  return Sent::sent;
}

Sent ControlQueue::send_part(int socket, Message& message) {
  const Bytes left = Bytes(message.bytes).subspan(message.offset);
  const Bytes part = left.first(left.size() < max_part_bytes ? left.size() : max_part_bytes);
  const auto fds_left = std::span(message.fds).subspan(message.fds_sent);
  const auto fds = fds_left.first(fds_left.size() < max_part_fds ? fds_left.size() : max_part_fds);
  const PacketHead head{.total = static_cast<std::uint32_t>(message.bytes.size()),
                        .offset = static_cast<std::uint32_t>(message.offset),
                        .total_fds = static_cast<std::uint16_t>(message.fds.size()),
                        .kind = message.kind};
  const Sent sent = send_packet(socket, head, part, fds);
  if (sent != Sent::sent) return sent;
  ++packets_;
  message.offset += part.size();
  message.fds_sent += fds.size();
  for (UniqueFd& fd : fds) fd.reset();
  return sent;
}

bool ControlQueue::relaxed() const {
  return bytes_ <= max_control_queue_bytes / 2 && messages_.size() <= max_control_queue_messages / 2;
}

void ControlQueue::clear() {
  messages_.clear();
  bytes_ = 0;
}

bool ControlAssembly::add(const PacketHead& head, Bytes part, std::vector<UniqueFd>& fds) {
  lie_ = check(head, part);
  if (lie_) return false;
  if (!active_) head_ = head;
  active_ = true;
  bytes_.insert(bytes_.end(), part.begin(), part.end());
  fds_.insert(fds_.end(), std::move_iterator(fds.begin()), std::move_iterator(fds.end()));
  fds.clear();
  return true;
}

const char* ControlAssembly::check(const PacketHead& head, Bytes part) const {
  if (head.kind == PacketKind::none || head.kind > PacketKind::descriptors_taken) return "A packet is of no known kind.";
  if (head.total > max_control_bytes) return "A control message is longer than one may be.";
  if (head.total_fds > max_control_fds) return "A control message brings more descriptors than one may.";
  return check_order(head, part);
}

const char* ControlAssembly::check_order(const PacketHead& head, Bytes part) const {
  if (head.offset != bytes_.size()) return "A control message's parts do not follow each other.";
  if (active_ && (head.kind != head_.kind || head.total != head_.total || head.total_fds != head_.total_fds)) {
    return "A control message's parts do not belong together.";
  }
  if (part.size() > head.total - head.offset) return "A part is longer than the rest of its control message.";
  if (fds_.size() + head.fds > head.total_fds) return "A control message brings unannounced descriptors.";
  if (part.empty() && head.fds == 0 && (active_ || head.total > 0 || head.total_fds > 0)) {
    return "A part of a control message is empty.";
  }
  return nullptr;
}

std::vector<std::byte> ControlAssembly::take_bytes() { return std::exchange(bytes_, {}); }

std::vector<UniqueFd> ControlAssembly::take_fds() {
  active_ = false;
  return std::exchange(fds_, {});
}

}  // namespace mullion::transport
