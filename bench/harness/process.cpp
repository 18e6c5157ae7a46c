#include "harness/process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>

#include "harness/clock.hpp"

namespace mullion::bench {
namespace {

constexpr const char* cpus_variable = "MULLION_BENCH_CPUS";
constexpr const char* started_variable = "MULLION_BENCH_STARTED";
constexpr int duplicates_from = 64;  // above every number that a descriptor gets in a child

struct Actions {
  posix_spawn_file_actions_t actions;
  Actions() { posix_spawn_file_actions_init(&actions); }
  ~Actions() { posix_spawn_file_actions_destroy(&actions); }
  Actions(const Actions&) = delete;
  Actions& operator=(const Actions&) = delete;
};

Result<std::vector<UniqueFd>> duplicate(std::span<const int> fds) {
  std::vector<UniqueFd> copies;
  for (int fd : fds) {
    copies.emplace_back(fcntl(fd, F_DUPFD_CLOEXEC, duplicates_from));
    if (!copies.back()) return std::unexpected(errno_error("Cannot give a descriptor to a process"));
  }
  return copies;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> result;
  for (auto& text : texts) result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

// A peer that ends in good order was hung up on.
void on_child(int) {
  siginfo_t ended{};
  waitid(P_ALL, 0, &ended, WEXITED | WNOHANG | WNOWAIT);
  if (ended.si_pid != 0 && (ended.si_code != CLD_EXITED || ended.si_status != 0)) _exit(peer_ended);
}

std::string siblings_of(int cpu) {
  std::ifstream file("/sys/devices/system/cpu/cpu" + std::to_string(cpu) + "/topology/thread_siblings_list");
  std::string list;
  std::getline(file, list);
  return list;
}

}  // namespace

Process& Process::operator=(Process&& other) noexcept {
  end();
  pid_ = std::exchange(other.pid_, 0);
  pidfd_ = std::move(other.pidfd_);
  return *this;
}

std::optional<int> Process::wait(int timeout_ms) {
  pollfd watched{pidfd_.get(), POLLIN, 0};
  while (poll(&watched, 1, timeout_ms) < 0 && errno == EINTR) continue;
  int status = 0;
  if (waitpid(pid_, &status, WNOHANG) != pid_) return std::nullopt;
  pid_ = 0;
  return status;
}

void Process::end() {
  if (pid_ == 0) return;
  signal(SIGCHLD, SIG_DFL);
  kill(pid_, SIGKILL);
  while (waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) continue;
  pid_ = 0;
}

Result<std::string> own_path() {
  char path[4096];
  const auto size = readlink("/proc/self/exe", path, sizeof path);
  if (size < 0) return std::unexpected(errno_error("Cannot tell where this program is"));
  return std::string(path, static_cast<std::size_t>(size));
}

std::uint64_t started_ns() {
  const char* told = getenv(started_variable);
  return told ? std::strtoull(told, nullptr, 10) : 0;
}

Result<Process> start_self(std::vector<std::string> arguments, std::span<const int> fds) {
  auto path = own_path();
  if (!path) return std::unexpected(path.error());
  return start_program(std::move(*path), std::move(arguments), fds);
}

Result<Process> start_program(std::string path, std::vector<std::string> arguments, std::span<const int> fds) {
  auto copies = duplicate(fds);
  if (!copies) return std::unexpected(copies.error());
  Actions setup;
  for (int number = first_inherited; const auto& copy : *copies)
    posix_spawn_file_actions_adddup2(&setup.actions, copy.get(), number++);
  arguments.insert(arguments.begin(), path);
  arguments.push_back("--parent=" + std::to_string(getpid()));
  pid_t pid = 0;
  setenv(started_variable, std::to_string(now_ns()).c_str(), 1);
  if (int error = posix_spawn(&pid, path.c_str(), &setup.actions, nullptr, pointers(arguments).data(), environ))
    return std::unexpected(errno_error("Cannot start " + path, error));
  return Process(pid, UniqueFd(static_cast<int>(syscall(SYS_pidfd_open, pid, 0))));
}

Result<Process> start_peer(std::string_view row, std::span<const int> fds) {
  signal(SIGCHLD, on_child);
  return start_self({"--peer-of=" + std::string(row)}, fds);
}

void follow_parent(int argc, char** argv) {
  auto parent = argument(argc, argv, "parent");
  if (!parent) return;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (std::to_string(getppid()) != *parent) _exit(1);
}

std::optional<std::string_view> argument(int argc, char** argv, std::string_view name) {
  for (int i = 1; i < argc; ++i) {
    std::string_view text = argv[i];
    if (!text.starts_with("--") || !text.substr(2).starts_with(name)) continue;
    if (text.substr(2 + name.size()).starts_with('=')) return text.substr(3 + name.size());
  }
  return std::nullopt;
}

void tell_cpus(const std::vector<int>& cpus) {
  std::string list;
  for (int cpu : cpus) {
    if (!list.empty()) list += ',';
    list += std::to_string(cpu);
  }
  setenv(cpus_variable, list.c_str(), 1);
}

Result<> pin_as_told() {
  const char* told = getenv(cpus_variable);
  if (!told || !*told) return {};
  const std::string list = told;
  const auto first = list.substr(0, list.find(','));
  setenv(cpus_variable, first.size() < list.size() ? list.c_str() + first.size() + 1 : "", 1);
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(static_cast<std::size_t>(std::atoi(first.c_str())), &set);
  if (sched_setaffinity(0, sizeof set, &set) < 0) return std::unexpected(errno_error("Cannot run on cpu " + first));
  return {};
}

std::vector<int> usable_cpus() {
  cpu_set_t set;
  CPU_ZERO(&set);
  sched_getaffinity(0, sizeof set, &set);
  std::vector<int> cpus, doubles;
  std::vector<std::string> cores;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (!CPU_ISSET(static_cast<std::size_t>(cpu), &set)) continue;
    auto core = siblings_of(cpu);
    const bool taken = !core.empty() && std::find(cores.begin(), cores.end(), core) != cores.end();
    (taken ? doubles : cpus).push_back(cpu);
    cores.push_back(std::move(core));
  }
  cpus.insert(cpus.end(), doubles.begin(), doubles.end());
  return cpus;
}

}  // namespace mullion::bench
