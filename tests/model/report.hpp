// A scenario explored inside a test case: a line about what was visited, and a check that nothing was wrong with it.
#pragma once

#include <doctest/doctest.h>

#include <chrono>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "model/explorer.hpp"

namespace mullion::node::core::model {

using Channels = std::vector<std::pair<NodeId, NodeId>>;

// Builds for sanitizers and debuggers look at the beginning of each scenario only: they are here for the code, not for
// the protocol.
#if defined(__OPTIMIZE__) && !defined(__SANITIZE_ADDRESS__)
inline constexpr std::size_t most_states = 45'000'000;  // about one gigabyte
#else
inline constexpr std::size_t most_states = 3'000;
#endif

inline std::string kind_of(const Scenario& scenario) {
  constexpr const char* direct[] = {"through main", "mixed", "direct"};
  return scenario.name + ", " + direct[static_cast<std::size_t>(scenario.world.direct)] +
         (scenario.world.merged ? ", one stream" : "");
}

inline Found explore_and_report(const Scenario& scenario, std::size_t most) {
  auto began = std::chrono::steady_clock::now();
  Found found = explore(scenario, most);
  std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  std::printf("%-48s %9zu states %10zu steps %6zu at rest %7.1f s%s\n", kind_of(scenario).c_str(), found.states,
              found.steps, found.rests, took.count(), found.complete ? "" : ", not all");
  std::fflush(stdout);
  CHECK_MESSAGE(found.problem.empty(), kind_of(scenario) << ": " << found.problem);
  return found;
}

}  // namespace mullion::node::core::model
