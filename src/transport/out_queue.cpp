#include "transport/out_queue.hpp"

#include <algorithm>
#include <iterator>
#include <new>
#include <utility>

namespace mullion::transport {

namespace {

constexpr std::size_t max_queued_fds = 4 * max_fds_in_flight;

}  // namespace

bool OutQueue::admits(std::size_t bytes, std::size_t fds) const {
  if (waiting_.empty()) return true;
  return bytes_ + bytes <= max_bytes_ && waiting_.size() < max_records_ && fds_ + fds <= max_queued_fds;
}

bool OutQueue::relaxed() const {
  return bytes_ <= max_bytes_ / 2 && waiting_.size() <= max_records_ / 2 && fds_ <= max_queued_fds / 2;
}

bool OutQueue::push(const RecordHeader& header, Gather& payload, std::span<UniqueFd> fds) {
  const auto size = payload.left();
  std::unique_ptr<std::byte[]> copy(new (std::nothrow) std::byte[size]);
  if (!copy) return false;
  payload.take(copy.get(), size);
  Waiting& last = waiting_.emplace_back(header, std::move(copy), size);
  last.fds.assign(std::move_iterator(fds.begin()), std::move_iterator(fds.end()));
  bytes_ += size;
  fds_ += fds.size();
  return true;
}

bool OutQueue::put_into(Lane& lane, DescriptorGate& gate) {
  while (!waiting_.empty() && put_first(lane, gate)) waiting_.pop_front();
  return waiting_.empty();
}

bool OutQueue::put_first(Lane& lane, DescriptorGate& gate) {
  Waiting& first = waiting_.front();
  at_gate_ = !send_fds(first, gate);
  if (at_gate_) return false;
  const Bytes left(first.bytes.get() + first.done, first.size - first.done);
  Gather payload(std::span(&left, 1));
  const bool all = lane.put(first.header, payload, first.sent_fds);
  const auto put = left.size() - payload.left();
  if (put > 0) first.sent_fds = 0;
  first.done += put;
  bytes_ -= put;
  return all;
}

bool OutQueue::send_fds(Waiting& record, DescriptorGate& gate) {
  if (record.fds.empty()) return true;
  if (!gate.send(record.fds)) return false;
  fds_ -= record.fds.size();
  record.sent_fds = static_cast<std::uint8_t>(record.fds.size());
  record.fds.clear();
  return true;
}

std::size_t OutQueue::longest() const {
  std::size_t longest = 0;
  for (const Waiting& record : waiting_) longest = std::max(longest, record.size);
  return longest;
}

void OutQueue::clear() {
  waiting_.clear();
  bytes_ = 0;
  fds_ = 0;
  at_gate_ = false;
}

}  // namespace mullion::transport
