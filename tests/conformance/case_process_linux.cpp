#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>

#include "case_process.hpp"
#include "mullion/base/unique_fd.hpp"

namespace mullion::conformance {

namespace {

using Clock = std::chrono::steady_clock;

constexpr auto patience = std::chrono::seconds(60);
constexpr auto farewell = std::chrono::seconds(5);  // for what the case started
constexpr std::size_t most_output = 256 * 1024;

// Reads until every holder of the pipe's other end is gone; false when that takes too long.
bool read_all(int fd, std::string& into, Clock::time_point until) {
  char buffer[4096];
  while (true) {
    auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - Clock::now()).count();
    pollfd watched{fd, POLLIN, 0};
    if (left <= 0 || poll(&watched, 1, static_cast<int>(left)) == 0) return false;
    auto size = read(fd, buffer, sizeof buffer);
    if (size == 0 || (size < 0 && errno != EINTR)) return true;
    if (size > 0 && into.size() < most_output) into.append(buffer, static_cast<std::size_t>(size));
  }
}

pid_t spawn(const std::string& argument, int output) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, output, STDERR_FILENO);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
  std::string self = "/proc/self/exe", text = argument;
  char* argv[] = {self.data(), text.data(), nullptr};
  pid_t pid = 0;
  int error = posix_spawn(&pid, self.c_str(), &actions, &attributes, argv, environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  return error ? -error : pid;
}

// The status of the case itself, once it and every orphan of its group have been reaped; -1 when time is up.
int reap(pid_t leader, Clock::time_point until) {
  int outcome = -1;
  while (true) {
    int status = 0;
    pid_t pid = waitpid(-leader, &status, WNOHANG);
    if (pid == leader) outcome = status;
    if (pid < 0) return outcome;
    if (pid == 0 && Clock::now() > until) return -1;
    if (pid == 0) poll(nullptr, 0, 5);
  }
}

bool is_skip(int status) { return WIFEXITED(status) && WEXITSTATUS(status) == skipped_exit_code; }

std::string reason_of_skip(const std::string& output) {
  auto at = output.rfind(skipped_line);
  return at == output.npos ? "" : output.substr(at + std::strlen(skipped_line));
}

std::string judge(int status) {
  if (WIFSIGNALED(status)) return std::string("ended by ") + strsignal(WTERMSIG(status));
  return WEXITSTATUS(status) ? "its checks failed" : "";
}

}  // namespace

CaseOutcome run_in_process(const std::string& name) {
  CaseOutcome outcome;
  auto begun = Clock::now();
  int ends[2];
  if (pipe2(ends, O_CLOEXEC)) return {.why = strerror(errno)};
  UniqueFd mine(ends[0]), theirs(ends[1]);
  prctl(PR_SET_CHILD_SUBREAPER, 1);  // so that orphans of the case are ours to see
  auto pid = spawn(case_switch + name, theirs.get());
  if (pid < 0) return {.why = strerror(-pid)};
  theirs.reset();
  bool quiet = read_all(mine.get(), outcome.output, begun + patience);
  int status = reap(pid, quiet ? Clock::now() + farewell : Clock::now());
  if (status == -1) {
    outcome.why = quiet ? "it left a process behind" : "it took longer than a minute, or left a process behind";
    kill(-pid, SIGKILL);
    reap(pid, Clock::now() + farewell);
  } else if (is_skip(status)) {
    outcome.skipped = true;
    outcome.why = reason_of_skip(outcome.output);
  } else {
    outcome.why = judge(status);
  }
  outcome.passed = outcome.why.empty();
  outcome.seconds = std::chrono::duration<double>(Clock::now() - begun).count();
  return outcome;
}

}  // namespace mullion::conformance
