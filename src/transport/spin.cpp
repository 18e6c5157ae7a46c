#include "transport/spin.hpp"

#include <sched.h>
#include <time.h>
#include <unistd.h>

namespace mullion::transport {
namespace {

constexpr std::uint32_t shortest_spin = 1000;
constexpr std::uint32_t sleeps_between_trials = 32;

}  // namespace

std::uint32_t SpinBudget::next() {
  if (budget_ == 0 && ++skipped_ == sleeps_between_trials) won();
  return budget_;
}

void SpinBudget::won() {
  budget_ = longest_;
  skipped_ = 0;
}

void SpinBudget::lost() { budget_ = budget_ / 2 < shortest_spin ? 0 : budget_ / 2; }

bool many_cpus() { return sysconf(_SC_NPROCESSORS_ONLN) > 1; }

std::uint32_t present_cpu() { return static_cast<std::uint32_t>(sched_getcpu()); }

std::uint64_t now_ns() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(now.tv_nsec);
}

}  // namespace mullion::transport
