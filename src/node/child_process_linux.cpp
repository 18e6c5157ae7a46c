#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "node/spawn.hpp"

namespace mullion::node {
namespace {

constexpr std::size_t watcher_stack_bytes = 256 * 1024;

Error gone() { return {.kind = Kind::disconnected, .code = "destroyed", .message = "the process has ended"}; }

ExitStatus status_of(const siginfo_t& info) {
  if (info.si_code == CLD_EXITED) return {.code = info.si_status};
  return {.signal = info.si_status};
}

void wait_until_ended(int pidfd) {
  pollfd process{.fd = pidfd, .events = POLLIN, .revents = 0};
  while (poll(&process, 1, -1) < 0 && errno == EINTR) continue;
}

// Nothing when the process still runs. One that others started is left for them to reap.
std::optional<ExitStatus> reap(int pidfd, StartedBy by) {
  const int options = WEXITED | WNOHANG | (by == StartedBy::others ? WNOWAIT : 0);
  siginfo_t info{};
  int result;
  while ((result = waitid(P_PIDFD, static_cast<id_t>(pidfd), &info, options)) < 0 && errno == EINTR) continue;
  if (result < 0) return ExitStatus{.known = false};  // the host program reaped it, or ignores SIGCHLD
  if (info.si_pid == 0) return std::nullopt;
  return status_of(info);
}

int send_signal(int pidfd, int signal) {
  return static_cast<int>(syscall(SYS_pidfd_send_signal, pidfd, signal, nullptr, 0));
}

void* wait_for_main(void* argument) {
  wait_until_ended(static_cast<int>(reinterpret_cast<std::intptr_t>(argument)));
  _exit(1);
}

int start_detached(void* (*run)(void*), void* argument) {
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  pthread_attr_setstacksize(&attributes, watcher_stack_bytes);
  pthread_t thread;
  const int error = pthread_create(&thread, &attributes, run, argument);
  pthread_attr_destroy(&attributes);
  return error;
}

}  // namespace

Result<std::unique_ptr<ChildProcess>> ChildProcess::watch(Loop& loop, pid_t pid, UniqueFd pidfd, StartedBy by,
                                                          std::move_only_function<void(ExitStatus)> exited) {
  std::unique_ptr<ChildProcess> process(new ChildProcess(pid, std::move(pidfd), by, std::move(exited)));
  auto watch = FdWatch::start(loop, process->pidfd_.get(), FdWatch::readable,
                              [self = process.get()](int) { self->readable(); });
  if (!watch) return std::unexpected(watch.error());
  process->watch_ = std::move(*watch);
  return process;
}

ChildProcess::~ChildProcess() {
  watch_ = {};
  if (!running_ || by_ == StartedBy::others) return;
  send_signal(pidfd_.get(), SIGKILL);
  wait_until_ended(pidfd_.get());
  reap(pidfd_.get(), by_);
}

void ChildProcess::readable() {
  auto status = reap(pidfd_.get(), by_);
  if (!status) return;
  running_ = false;
  watch_ = {};
  auto exited = std::move(exited_);
  if (exited) exited(*status);
}

FirstProcess::~FirstProcess() {
  if (!pidfd_) return;
  send_signal(pidfd_.get(), SIGKILL);
  wait_until_ended(pidfd_.get());
  reap(pidfd_.get(), StartedBy::us);
}

Result<> ChildProcess::kill(int signal) {
  if (!running_) return std::unexpected(gone());
  if (send_signal(pidfd_.get(), signal) == 0) return {};
  if (errno == ESRCH) return std::unexpected(gone());
  return std::unexpected(errno_error("pidfd_send_signal"));
}

Result<> end_with(UniqueFd pidfd) {
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);  // the thread inherits it: no handler of the program runs there
  const int error = start_detached(wait_for_main, reinterpret_cast<void*>(static_cast<std::intptr_t>(pidfd.get())));
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (error != 0) return std::unexpected(errno_error("pthread_create", error));
  (void)pidfd.release();  // the thread's, until the process ends
  return {};
}

}  // namespace mullion::node
