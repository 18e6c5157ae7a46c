#include "transport/out_queue.hpp"

#include <algorithm>
#include <new>
#include <utility>

namespace mullion::transport {

bool OutQueue::admits(std::size_t bytes) const {
  return waiting_.empty() || (bytes_ + bytes <= max_bytes_ && waiting_.size() < max_records_);
}

bool OutQueue::push(const RecordHeader& header, Gather& payload) {
  const auto size = payload.left();
  std::unique_ptr<std::byte[]> copy(new (std::nothrow) std::byte[size]);
  if (!copy) return false;
  payload.take(copy.get(), size);
  waiting_.push_back({header, std::move(copy), size});
  bytes_ += size;
  return true;
}

bool OutQueue::put_into(Lane& lane) {
  while (!waiting_.empty() && put_first(lane)) waiting_.pop_front();
  return waiting_.empty();
}

bool OutQueue::put_first(Lane& lane) {
  Waiting& first = waiting_.front();
  const Bytes left(first.bytes.get() + first.done, first.size - first.done);
  Gather payload(std::span(&left, 1));
  const bool all = lane.put(first.header, payload);
  const auto put = left.size() - payload.left();
  first.done += put;
  bytes_ -= put;
  return all;
}

std::size_t OutQueue::longest() const {
  std::size_t longest = 0;
  for (const Waiting& record : waiting_) longest = std::max(longest, record.size);
  return longest;
}

void OutQueue::clear() {
  waiting_.clear();
  bytes_ = 0;
}

}  // namespace mullion::transport
