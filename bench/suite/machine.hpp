// Where the figures come from.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace mullion::bench {

struct Machine {
  std::string cpu;
  int cpus = 0;  // that this run may use
  std::string kernel;
  std::string compiler;
  std::string flags;
  std::string date;      // UTC
  std::string governor;  // "" where the machine does not tell
  double clock_ns = 0;   // what asking for the time costs; taken out of every sample
  double load = 0;       // processes that wanted a cpu in the minute before
};

Machine this_machine();

}  // namespace mullion::bench
