// Figures from samples.
#pragma once

#include <cstdint>
#include <vector>

#include "harness/session.hpp"

namespace mullion::bench {

struct Figures {
  std::uint64_t rounds = 0;  // operations in the samples: round trips, messages, starts
  double p50_ns = 0;         // of all samples of all rounds
  double p99_ns = 0;
  double p999_ns = 0;
  double max_ns = 0;
  double per_second = 0;          // the median over rounds
  double memory_bytes = 0;        // the same
  std::vector<double> medians{};  // in nanoseconds, one a round
};

double median(std::vector<double> values);
Figures figures(const std::vector<Outcome>& rounds);

// How many times as long as `floor` it takes: the median over rounds of the ratio of the two medians of a round. Rounds
// that lie side by side see the same machine; where a virtual cpu lies on the host changes a cache line's way fourfold.
double ratio(const Figures& ours, const Figures& floor);

}  // namespace mullion::bench
