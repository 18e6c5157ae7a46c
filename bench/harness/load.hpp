// What the large round trips carry: 1 MiB, different in each of them, and its sum.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>

namespace mullion::bench {

inline constexpr std::size_t load_bytes = 1024 * 1024;

// On pages of its own: how fast a processor copies depends on where source and target lie to each other, and that may
// not differ by what else a program has in its heap.
struct alignas(4096) LoadPages {
  std::uint64_t words[load_bytes / sizeof(std::uint64_t)];
};

// Filled before the clock starts and summed after it stopped. Both ways lie between: the peer sends back its own copy
// of what arrived, so a byte that got lost on either way is seen.
class Load {
 public:
  std::span<const std::byte> fill(std::uint64_t turn) {
    sum_ = 0;
    for (auto& word : pages_->words) {
      turn += 0x9e3779b97f4a7c15;
      word = turn ^ (turn >> 29);
      sum_ += word;
    }
    return std::as_bytes(std::span(pages_->words));
  }
  bool same(std::span<const std::byte> bytes) const {
    if (bytes.size() != load_bytes) return false;
    std::uint64_t sum = 0;
    for (std::size_t at = 0; at < load_bytes; at += sizeof sum) {
      std::uint64_t word;
      std::memcpy(&word, bytes.data() + at, sizeof word);
      sum += word;
    }
    return sum == sum_;
  }

 private:
  std::unique_ptr<LoadPages> pages_ = std::make_unique<LoadPages>();
  std::uint64_t sum_ = 0;
};

// What the peer makes of it where nothing is copied: every bit turned over, so that what comes back was read and written.
// Never inlined: it must be the same code wherever it is timed.
[[gnu::noinline]] inline void turn_over(std::span<const std::byte> from, std::span<std::byte> to) {
  for (std::size_t at = 0; at < load_bytes; at += sizeof(std::uint64_t)) {
    std::uint64_t word;
    std::memcpy(&word, from.data() + at, sizeof word);
    word = ~word;
    std::memcpy(to.data() + at, &word, sizeof word);
  }
}
inline void turn_over(std::span<std::byte> bytes) { turn_over(bytes, bytes); }

}  // namespace mullion::bench
