// Memory beside a ring, for payloads too long for it. One side writes it, the other reads it, and a record in the ring
// says where a payload lies.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <deque>

#include "transport/gather.hpp"
#include "transport/record.hpp"
#include "transport/segment.hpp"

namespace mullion::transport {

inline constexpr std::uint32_t min_pool_bytes = 256 * 1024;
inline constexpr std::uint32_t max_pool_bytes = max_ring_bytes;
inline constexpr std::uint32_t most_pools = 7;  // each is at least twice as large as the last
static_assert(min_pool_bytes << (most_pools - 1) == max_pool_bytes);

// Where in a page payloads begin: farther behind where people's data begin in theirs, and before where malloc's do, than
// copy_bytes() has to mind.
inline constexpr std::uint32_t place_in_page = 128;

inline constexpr bool possible_pool(std::uint32_t bytes) {
  return std::has_single_bit(bytes) && bytes >= min_pool_bytes && bytes <= max_pool_bytes;
}

// Room is taken and returned in a circle: the peer takes records in order, and has copied a payload before it returns
// the room of the record that names it. An empty pool begins at its start, where its memory is still in the cache.
class PoolWriter {
 public:
  void use(OwnSegment memory, std::uint32_t generation);  // from now on
  std::uint32_t bytes() const { return memory_.ring_bytes; }
  std::uint32_t longest() const { return bytes() / 2; }  // an empty pool has room for nearly twice that
  bool has_room(std::uint32_t length) const;
  // Copies the next `length` bytes, for which there is room; `record` is where the record that names them ends.
  PoolPlace put(Gather& payload, std::uint32_t length, std::uint64_t record);
  void returned(std::uint64_t position);  // the peer has read the ring up to there

 private:
  struct Taken {
    std::uint64_t record;
    std::uint64_t end;
  };
  std::uint64_t start_for(std::uint32_t length) const;  // the next position with so much before the memory's end

  OwnSegment memory_;
  std::uint32_t generation_ = 0;
  std::uint64_t begin_ = 0;  // positions: what lies between is taken
  std::uint64_t end_ = 0;
  std::deque<Taken> taken_;
};

// Nothing that the peer says of it is believed.
class PoolReader {
 public:
  enum class Look : std::uint8_t {
    here,
    awaited,  // the memory was not announced yet
    lie,
  };

  std::uint32_t announced() const { return generation_ + static_cast<std::uint32_t>(next_.size()); }
  std::uint32_t bytes() const { return next_.empty() ? memory_.ring_bytes : next_.back().ring_bytes; }  // of the last
  void announce(PeerSegment memory);  // of the generation after the last one
  Look look(const PoolPlace& place, std::uint32_t length);
  void copy(const PoolPlace& place, std::uint32_t length, std::byte* to) const;  // after look() said `here`

 private:
  PeerSegment memory_;
  std::uint32_t generation_ = 0;
  std::deque<PeerSegment> next_;  // announced, and not named by a record yet
};

}  // namespace mullion::transport
