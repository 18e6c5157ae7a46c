#include "transport/pool.hpp"

#include <atomic>
#include <utility>

#include "transport/copy.hpp"

namespace mullion::transport {

void PoolWriter::use(OwnSegment memory, std::uint32_t generation) {
  memory_ = std::move(memory);
  generation_ = generation;
  begin_ = end_ = 0;
  taken_.clear();
}

namespace {

constexpr std::uint64_t place_after(std::uint64_t position) { return position + (place_in_page - position) % 4096; }

}  // namespace

std::uint64_t PoolWriter::start_for(std::uint32_t length) const {
  const std::uint64_t start = place_after(end_);
  const std::uint64_t to_end = bytes() - start % bytes();
  return length <= to_end ? start : place_after(start + to_end);
}

bool PoolWriter::has_room(std::uint32_t length) const { return start_for(length) + length - begin_ <= bytes(); }

PoolPlace PoolWriter::put(Gather& payload, std::uint32_t length, std::uint64_t record) {
  const auto start = start_for(length);
  const auto offset = static_cast<std::uint32_t>(start % bytes());
  payload.take(memory_.ring() + offset, length);
  end_ = (start + length + record_alignment - 1) & ~std::uint64_t{record_alignment - 1};
  taken_.push_back({record, end_});
  return {generation_, offset};
}

void PoolWriter::returned(std::uint64_t position) {
  for (; !taken_.empty() && taken_.front().record <= position; taken_.pop_front()) begin_ = taken_.front().end;
  if (taken_.empty()) begin_ = end_ = 0;
}

void PoolReader::announce(PeerSegment memory) { next_.push_back(std::move(memory)); }

PoolReader::Look PoolReader::look(const PoolPlace& place, std::uint32_t length) {
  if (place.generation == 0 || place.generation < generation_ || place.generation > most_pools) return Look::lie;
  if (place.generation > announced()) return Look::awaited;
  for (; generation_ < place.generation; ++generation_) {
    memory_ = std::move(next_.front());
    next_.pop_front();
  }
  return std::uint64_t{place.offset} + length <= memory_.ring_bytes ? Look::here : Look::lie;
}

void PoolReader::copy(const PoolPlace& place, std::uint32_t length, std::byte* to) const {
  copy_bytes(to, memory_.ring() + place.offset, length);
  std::atomic_signal_fence(std::memory_order_seq_cst);  // the copy is made here, and what follows reads the copy
}

}  // namespace mullion::transport
