#include "cef/browser/process_end.hpp"

#include <poll.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdint>
#include <fstream>
#include <optional>
#include <sstream>

namespace mullion::cef {

namespace {

// linux/pidfd.h of 6.15: older systems' headers lack it.
struct PidfdInfo {
  std::uint64_t mask = 0;
  std::uint64_t cgroup = 0;
  std::uint32_t ids[11] = {};
  std::int32_t exit_code = 0;
};
static_assert(sizeof(PidfdInfo) == 64);
constexpr std::uint64_t info_exit = 8;
constexpr unsigned long get_info = _IOWR(0xFF, 11, PidfdInfo);

std::optional<int> status_of_collected(const UniqueFd& process) {
  PidfdInfo info{.mask = info_exit};
  if (ioctl(process.get(), get_info, &info) != 0 || !(info.mask & info_exit)) return std::nullopt;
  return info.exit_code;
}

// The last field of its line. The name, in brackets, may hold anything.
std::optional<int> status_of_zombie(int pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string line;
  std::getline(file, line);
  auto rest = line.substr(std::min(line.size(), line.rfind(')') + 1));
  if (!rest.starts_with(" Z")) return std::nullopt;
  std::istringstream last(rest.substr(rest.rfind(' ') + 1));
  int status = 0;
  return last >> status ? std::optional(status) : std::nullopt;
}

ProcessEnd describe(int status) {
  if (WIFEXITED(status)) return {WEXITSTATUS(status) ? "abnormal-exit" : "clean-exit", WEXITSTATUS(status)};
  int signal = WTERMSIG(status);
  bool killed = signal == SIGKILL || signal == SIGTERM || signal == SIGINT || signal == SIGHUP;
  return {killed ? "killed" : "crashed", signal};
}

}  // namespace

UniqueFd open_process(int pid) { return UniqueFd(static_cast<int>(syscall(SYS_pidfd_open, pid, 0))); }

bool has_ended(const UniqueFd& process) {
  pollfd end{.fd = process.get(), .events = POLLIN, .revents = 0};
  return !process || poll(&end, 1, 0) == 1;
}

// A zombie first: it may be collected meanwhile, and never the other way round.
ProcessEnd end_of(const UniqueFd& process, int pid) {
  auto status = status_of_zombie(pid);
  if (!status) status = status_of_collected(process);
  return status ? describe(*status) : ProcessEnd{"abnormal-exit", 0};
}

}  // namespace mullion::cef
