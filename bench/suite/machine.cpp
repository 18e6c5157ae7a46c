#include "suite/machine.hpp"

#include <sys/utsname.h>
#include <time.h>

#include <cstdlib>
#include <fstream>

#include "harness/clock.hpp"
#include "harness/process.hpp"

namespace mullion::bench {
namespace {

std::string first_line(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

std::string cpu_model() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);)
    if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
  return "unknown";
}

std::string kernel() {
  utsname names{};
  uname(&names);
  return std::string(names.sysname) + " " + names.release + " " + names.machine;
}

std::string compiler() {
#if defined(__clang__)
  return "clang " __clang_version__;
#else
  return "g++ " __VERSION__;
#endif
}

std::string date() {
  const time_t now = time(nullptr);
  tm parts{};
  gmtime_r(&now, &parts);
  char text[32];
  return std::string(text, strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts));
}

}  // namespace

Machine this_machine() {
  double load = 0;
  getloadavg(&load, 1);
  return {.cpu = cpu_model(),
          .cpus = static_cast<int>(usable_cpus().size()),
          .kernel = kernel(),
          .compiler = compiler(),
          .flags = MULLION_BENCH_FLAGS,
          .date = date(),
          .governor = first_line("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"),
          .clock_ns = clock_cost_ns(),
          .load = load};
}

}  // namespace mullion::bench
