// How one direction's shared memory is laid out. Every word of it is written by one side only.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace mullion::transport {

inline constexpr std::uint32_t min_ring_bytes = 64 * 1024;
inline constexpr std::uint32_t max_ring_bytes = 16 * 1024 * 1024;
inline constexpr std::uint32_t ring_offset = 4096;
inline constexpr std::uint32_t record_alignment = 64;
inline constexpr std::uint32_t no_cpu = 0xffffffff;

inline constexpr std::size_t segment_bytes(std::uint32_t ring_bytes) { return std::size_t{ring_offset} + ring_bytes; }

// What a side says about itself, before its ring. Two lines of a cache are fetched together, so the position, which
// moves with the traffic, keeps a pair to itself.
struct SegmentHead {
  alignas(128) std::atomic<std::uint64_t> read_position{0};  // in the peer's ring
  alignas(128) std::atomic<std::uint32_t> sleep{0};          // odd: asleep; see Sleep
  std::atomic<std::uint32_t> want{0};                        // odd: waits for room; a new value each time
  std::atomic<std::uint32_t> controls{0};                    // control packets sent, a hint for a reader in wait()
  std::atomic<std::uint32_t> signal{0};                      // the futex that the peer waits on; changed, then woken
  std::atomic<std::uint32_t> cpu{no_cpu};                    // that this side last ran on
};

static_assert(sizeof(SegmentHead) <= ring_offset);
static_assert(std::atomic<std::uint64_t>::is_always_lock_free && std::atomic<std::uint32_t>::is_always_lock_free);

// The value of `sleep`: a count that grows by 4, with these.
struct Sleep {
  static constexpr std::uint32_t asleep = 1;
  static constexpr std::uint32_t in_futex = 2;  // else in a loop, which a doorbell wakes
  static constexpr std::uint32_t step = 4;
};

// The memory that this side writes and the peer reads, and the reverse.
struct OwnSegment {
  std::shared_ptr<void> memory;
  std::uint32_t ring_bytes = 0;

  SegmentHead& head() const { return *static_cast<SegmentHead*>(memory.get()); }
  std::byte* ring() const { return static_cast<std::byte*>(memory.get()) + ring_offset; }
};

struct PeerSegment {
  std::shared_ptr<const void> memory;
  std::uint32_t ring_bytes = 0;

  const SegmentHead& head() const { return *static_cast<const SegmentHead*>(memory.get()); }
  const std::byte* ring() const { return static_cast<const std::byte*>(memory.get()) + ring_offset; }
};

}  // namespace mullion::transport
