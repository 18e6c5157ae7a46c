// What Mullion must reach, as far as the rows can tell.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "suite/run.hpp"

namespace mullion::bench {

struct Goal {
  std::string_view name;
  std::string_view unit;  // of ours and floor: "ns", "messages/s", "bytes"
  std::string_view rule;  // "ratio at most", "ours at least" or "ours at most" limit
  double ours = 0;
  std::optional<double> floor{};
  double ratio = 0;  // of medians of the same round; ours to limit where there is no floor
  double limit = 0;
  bool met = false;
};

// Of those whose rows were measured.
std::vector<Goal> judge(const Report& report);

}  // namespace mullion::bench
