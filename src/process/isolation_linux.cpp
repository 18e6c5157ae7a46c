#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <ctime>

#include "process/command_line.hpp"
#include "process/isolation.hpp"

namespace mullion::process {
namespace {

bool names(std::string_view list, std::string_view name) {
  for (std::size_t at = 0; at < list.size();) {
    const auto end = std::min(list.find(',', at), list.size());
    if (list.substr(at, end - at) == name) return true;
    at = end + 1;
  }
  return false;
}

struct Capabilities {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2]{};
};

// All but those: of `kept`, one bit each.
bool keep_capabilities(std::uint32_t kept) {
  for (unsigned long each = 0; prctl(PR_CAPBSET_READ, each, 0, 0, 0) >= 0; ++each)
    prctl(PR_CAPBSET_DROP, each, 0, 0, 0);
  prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  Capabilities wanted, had;
  if (syscall(SYS_capget, &had.header, had.data) != 0) return false;
  kept &= had.data[0].permitted;
  wanted.data[0] = {kept, kept, 0};
  return syscall(SYS_capset, &wanted.header, wanted.data) == 0;
}

// How many descriptors there may be, main has seen to.
bool lower_limits() {
  constexpr rlimit none{0, 0};
  bool all = true;
  for (auto what : {RLIMIT_CORE, RLIMIT_MEMLOCK, RLIMIT_MSGQUEUE, RLIMIT_NICE, RLIMIT_RTPRIO})
    all = setrlimit(what, &none) == 0 && all;
  return all;
}

// Whoever looks there finds this process's own descriptors, by number. Root itself would need a place that is empty.
bool leave_files() { return chdir("/proc/self/fdinfo") == 0 && chroot(".") == 0; }

UniqueFd inherited_system_calls(std::optional<std::string_view> number) {
  int fd = -1;
  if (number) std::from_chars(number->data(), number->data() + number->size(), fd);
  return UniqueFd(fd);
}

}  // namespace

Result<Isolating> begin_isolation(int argc, char** argv) {
  const auto namespaces = switch_value(argc, argv, "--mullion-isolation");
  if (!namespaces) return Isolating();
  Isolating isolating;
  isolating.system_calls = inherited_system_calls(switch_value(argc, argv, "--mullion-system-calls"));
  IsolationReport& report = isolating.report;
  report = {.user_namespace = names(*namespaces, "user"),
            .pid_namespace = names(*namespaces, "pid"),
            .network_namespace = names(*namespaces, "network"),
            .ipc_namespace = names(*namespaces, "ipc")};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return std::unexpected(errno_error("prctl PR_SET_NO_NEW_PRIVS"));
  if (!lower_limits()) return std::unexpected(errno_error("setrlimit"));
  report.no_new_privileges = report.limits = true;
  keep_capabilities(1U << CAP_SYS_CHROOT);
  const auto landlocked = restrict_landlock(Files::read_only);
  report.landlock_network = landlocked.network;
  report.landlock_scope = landlocked.scope;
  return isolating;
}

Result<> finish_isolation(Isolating& isolating) {
  IsolationReport& report = isolating.report;
  if (!report.no_new_privileges) return {};
  tzset();  // the time zone is read from a file
  report.empty_root = leave_files();
  report.no_capabilities = keep_capabilities(0);
  report.landlock_files = restrict_landlock(Files::none).files;
  const bool is_for_us = report.pid_namespace && getpid() == second_process;
  if (auto restricted = restrict_system_calls(is_for_us ? isolating.system_calls.get() : -1); !restricted)
    return restricted;
  isolating.system_calls.reset();
  report.system_calls = true;
  return {};
}

}  // namespace mullion::process
