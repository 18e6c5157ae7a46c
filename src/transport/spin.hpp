// How long to look before sleeping.
#pragma once

#include <cstdint>

namespace mullion::transport {

// Halves with every spin that found nothing, down to none; a spin that found something restores it, and now and then
// one is tried again. Nanoseconds.
class SpinBudget {
 public:
  explicit SpinBudget(std::uint32_t longest) : longest_(longest), budget_(longest) {}

  bool worth() const { return budget_ > 0; }
  std::uint32_t next();  // 0: sleep at once
  void won();
  void lost();

 private:
  std::uint32_t longest_;
  std::uint32_t budget_;
  std::uint32_t skipped_ = 0;
};

bool many_cpus();
std::uint32_t present_cpu();
std::uint64_t now_ns();  // of a clock that never goes back

inline void relax() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

}  // namespace mullion::transport
