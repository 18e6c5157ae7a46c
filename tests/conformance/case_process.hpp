// One case in a process group of its own. Private to the kit.
#pragma once

#include <string>

namespace mullion::conformance {

struct CaseOutcome {
  bool passed = false;
  bool skipped = false;  // by the case itself: why is the reason
  double seconds = 0;
  std::string why{};     // "" when it passed
  std::string output{};  // what the case wrote
};

// Starts this program again for one case, waits for it and for whatever it leaves behind, and ends both when they take
// too long.
CaseOutcome run_in_process(const std::string& name);

inline constexpr int skipped_exit_code = 77;
inline constexpr const char* skipped_line = "\nskipped: ";  // the last line of such a case's output
inline constexpr const char* case_switch = "--conformance-case=";

}  // namespace mullion::conformance
