// What lies in a process's memory and in nobody else's.
#pragma once

#include <sys/types.h>

#include <fstream>
#include <string>

#include "mullion/base/error.hpp"

namespace mullion::bench {

// Private pages that are resident, in bytes.
inline Result<double> private_bytes(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/smaps_rollup");
  double sum = 0;
  for (std::string line; std::getline(file, line);)
    if (line.starts_with("Private_Clean:") || line.starts_with("Private_Dirty:"))
      sum += std::stod(line.substr(line.find(':') + 1)) * 1024;
  if (sum > 0) return sum;
  return std::unexpected(Error{.message = "The memory of process " + std::to_string(pid) + " cannot be read."});
}

}  // namespace mullion::bench
