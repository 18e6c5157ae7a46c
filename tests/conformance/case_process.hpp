// One case in a process group of its own. Private to the kit.
#pragma once

#include <string>

namespace mullion::conformance {

struct CaseOutcome {
  bool passed = false;
  double seconds = 0;
  std::string why{};     // "" when it passed
  std::string output{};  // what the case wrote
};

// Starts this program again for one case, waits for it and for whatever it leaves behind, and ends both when they take
// too long.
CaseOutcome run_in_process(const std::string& name);

inline constexpr const char* case_switch = "--conformance-case=";

}  // namespace mullion::conformance
