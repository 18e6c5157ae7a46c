// A cache line each way, and the two ways to wait for one.
#pragma once

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <climits>
#include <cstdint>

#include "harness/ball.hpp"
#include "harness/clock.hpp"
#include "harness/shared.hpp"

namespace mullion::bench {

// The first word is stored last: it is what the reader waits for, and part of what is carried.
struct alignas(64) Line {
  std::atomic<std::uint64_t> first;
  std::uint64_t rest[7];

  void put(const Ball& ball) {
    std::memcpy(rest, ball.words + 1, sizeof rest);
    first.store(ball.words[0], std::memory_order_release);
  }
  Ball get(std::uint64_t seen) const {
    Ball ball;
    ball.words[0] = seen;
    std::memcpy(ball.words + 1, rest, sizeof rest);
    return ball;
  }
};
static_assert(sizeof(Line) == 64);

// A count that its writer raises and its reader waits for.
struct alignas(64) Count {
  std::atomic<std::uint32_t> value;

  void raise_and_wake() {
    value.fetch_add(1, std::memory_order_release);
    syscall(SYS_futex, &value, FUTEX_WAKE, 1, nullptr, nullptr, 0);
  }
  void sleep_until(std::uint32_t wanted) const {
    for (auto seen = value.load(std::memory_order_acquire); seen != wanted;
         seen = value.load(std::memory_order_acquire))
      syscall(SYS_futex, &value, FUTEX_WAIT, seen, nullptr, nullptr, 0);
  }
  void spin_until(std::uint32_t wanted) const {
    while (value.load(std::memory_order_acquire) != wanted) relax();
  }
};

struct Lines {
  alignas(128) Line out;  // apart, for cpus that fetch lines in pairs
  alignas(128) Line back;
  Count sent, returned;
};

inline std::uint64_t spin_for_change(const std::atomic<std::uint64_t>& word, std::uint64_t last) {
  while (true) {
    const auto seen = word.load(std::memory_order_acquire);
    if (seen != last) return seen;
    relax();
  }
}

}  // namespace mullion::bench
