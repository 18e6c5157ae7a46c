// Time, and how one thread waits for another that spins.
#pragma once

#include <time.h>

#include <cstdint>

namespace mullion::bench {

inline std::uint64_t now_ns() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(now.tv_nsec);
}

// What asking for the time costs: it is in every sample, and taken out of each. The median of many.
double clock_cost_ns();

inline void relax() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

}  // namespace mullion::bench
