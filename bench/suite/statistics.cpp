#include "suite/statistics.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace mullion::bench {
namespace {

// Nearest rank: a figure that was measured, not one between two.
double percentile(const std::vector<double>& sorted, double part) {
  const auto rank = static_cast<std::size_t>(std::ceil(part * static_cast<double>(sorted.size())));
  return sorted[std::clamp<std::size_t>(rank, 1, sorted.size()) - 1];
}

// Every sample of a row spreads over as many operations as every other.
double rate(const Outcome& round) {
  const double sum = std::accumulate(round.samples.begin(), round.samples.end(), 0.0);
  return sum > 0 ? 1e9 * static_cast<double>(round.samples.size()) / sum : 0;
}

}  // namespace

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return percentile(values, 0.5);
}

Figures figures(const std::vector<Outcome>& rounds) {
  Figures result;
  std::vector<double> all, rates, memories;
  for (const auto& round : rounds) {
    result.rounds += round.operations;
    all.insert(all.end(), round.samples.begin(), round.samples.end());
    rates.push_back(rate(round));
    memories.push_back(round.memory_bytes);
    result.medians.push_back(median(round.samples));
  }
  std::sort(all.begin(), all.end());
  result.p50_ns = percentile(all, 0.5);
  result.p99_ns = percentile(all, 0.99);
  result.p999_ns = percentile(all, 0.999);
  result.max_ns = all.back();
  result.per_second = median(rates);
  result.memory_bytes = median(memories);
  return result;
}

double ratio(const Figures& ours, const Figures& floor) {
  std::vector<double> ratios;
  for (std::size_t round = 0; round < ours.medians.size(); ++round)
    ratios.push_back(ours.medians[round] / floor.medians[std::min(round, floor.medians.size() - 1)]);
  return median(std::move(ratios));
}

}  // namespace mullion::bench
