#include "node/birth_linux.hpp"

#include <fcntl.h>
#include <linux/capability.h>
#include <linux/close_range.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <memory>

#include "base/signals_blocked.hpp"

namespace mullion::node {
namespace {

constexpr std::size_t stack_bytes = 64 * 1024;
constexpr int like_vfork = CLONE_VM | CLONE_VFORK | CLONE_PIDFD | SIGCHLD;

struct Stacks {
  alignas(16) std::byte gate[stack_bytes];
  alignas(16) std::byte child[stack_bytes];
};

// What each of the processes between is given.
struct Step {
  Birth& birth;
  Stacks& stacks;
};

#define MULLION_UNINSTRUMENTED __attribute__((no_sanitize("address", "thread", "undefined")))

MULLION_UNINSTRUMENTED int fail(Birth& birth, const char* step) {
  birth.error = errno;
  birth.step = step;
  return 127;
}

// Handlers would run in our memory; zeroes are SIG_DFL in the kernel's struct on every architecture.
MULLION_UNINSTRUMENTED void reset_signals() {
  const unsigned long defaults[8] = {};
  for (int number = 1; number <= 64; ++number) syscall(SYS_rt_sigaction, number, defaults, nullptr, 8);
  syscall(SYS_rt_sigprocmask, SIG_SETMASK, defaults, nullptr, 8);
}

MULLION_UNINSTRUMENTED void lower_descriptors(std::uint64_t most) {
  const rlimit64 limit{most, most};
  if (most != 0) syscall(SYS_prlimit64, 0, RLIMIT_NOFILE, &limit, nullptr);
}

// Of its own user namespace: enough to leave the file system behind, once its libraries are loaded. Exec takes all
// others.
MULLION_UNINSTRUMENTED void keep_chroot() {
  constexpr std::uint32_t all = ~0U, chroot = 1U << CAP_SYS_CHROOT;
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2] = {{all, all, chroot}, {all, all, 0}};
  syscall(SYS_capget, &header, data);
  data[0].inheritable = chroot;
  data[1].inheritable = 0;
  syscall(SYS_capset, &header, data);
  syscall(SYS_prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_SYS_CHROOT, 0, 0);
}

MULLION_UNINSTRUMENTED int run_child(void* argument) {
  Birth& birth = static_cast<Step*>(argument)->birth;
  const auto count = static_cast<int>(birth.sources.size());
  for (int number = 0; number < count; ++number)
    if (birth.sources.data()[number] >= 0 && syscall(SYS_dup3, birth.sources.data()[number], number, 0) < 0)
      return fail(birth, "dup3");
  syscall(SYS_close_range, count, ~0U, CLOSE_RANGE_CLOEXEC);
  if (birth.directory && syscall(SYS_chdir, birth.directory) < 0) return fail(birth, "chdir");
  lower_descriptors(birth.descriptors);
  if (birth.keep_chroot) keep_chroot();
  reset_signals();
  syscall(SYS_execve, birth.path, birth.arguments, birth.environment);
  return fail(birth, "exec");
}

// The program's file stays open until exec: it is moved out of the way of descriptor 0.
MULLION_UNINSTRUMENTED int run_first(void* argument) {
  Birth& birth = static_cast<Step*>(argument)->birth;
  char name[] = "mullion-first";
  char* const arguments[] = {name, nullptr};
  char* const environment[] = {nullptr};
  const long program = syscall(SYS_fcntl, birth.first_program, F_DUPFD_CLOEXEC, 3);
  if (program < 0 || syscall(SYS_dup3, birth.lives_with, 0, 0) < 0) return fail(birth, "namespaces");
  syscall(SYS_close_range, 1, ~0U, CLOSE_RANGE_CLOEXEC);
  reset_signals();
  syscall(SYS_execveat, program, "", arguments, environment, AT_EMPTY_PATH);
  return fail(birth, "namespaces");
}

// Who calls unshare stays where it is, and its next children are in the new namespace. They are made as its siblings,
// so that we are their parent, and this process ends. It shares our descriptors: the pidfds are ours.
MULLION_UNINSTRUMENTED int run_gate(void* argument) {
  auto& [birth, stacks] = *static_cast<Step*>(argument);
  if (syscall(SYS_unshare, CLONE_NEWPID) < 0) return fail(birth, "namespaces");
  std::byte* stack = stacks.child + stack_bytes;
  birth.first_pid = clone(run_first, stack, like_vfork | CLONE_PARENT, argument, &birth.first_pidfd);
  if (birth.first_pid < 0) return fail(birth, "namespaces");
  if (birth.error != 0) return 127;
  birth.pid = clone(run_child, stack, like_vfork | CLONE_PARENT, argument, &birth.pidfd);
  return birth.pid < 0 ? fail(birth, "namespaces") : 0;
}

int flags_of(const Namespaces& namespaces) {
  return (namespaces.user ? CLONE_NEWUSER : 0) | (namespaces.network ? CLONE_NEWNET : 0) |
         (namespaces.ipc ? CLONE_NEWIPC : 0);
}

bool born(Birth& birth) {
  if (birth.pid < 0) fail(birth, flags_of(birth.namespaces) ? "namespaces" : "clone");
  return birth.error == 0;
}

void reap(int pidfd) {
  siginfo_t gone{};
  while (waitid(P_PIDFD, static_cast<id_t>(pidfd), &gone, WEXITED) < 0 && errno == EINTR) continue;
}

bool through_gate(Birth& birth, Step& step) {
  int pidfd = -1;
  const int flags = like_vfork | CLONE_FILES | flags_of(birth.namespaces);
  const pid_t gate = clone(run_gate, step.stacks.gate + stack_bytes, flags, &step, &pidfd);
  if (gate < 0) return fail(birth, "namespaces"), false;
  reap(UniqueFd(pidfd).get());
  return birth.error == 0;
}

}  // namespace

bool give_birth(Birth& birth) {
  auto stacks = std::make_unique_for_overwrite<Stacks>();
  Step step{birth, *stacks};
  const detail::SignalsBlocked blocked;
  if (birth.namespaces.pid) return through_gate(birth, step);
  birth.pid =
      clone(run_child, stacks->child + stack_bytes, like_vfork | flags_of(birth.namespaces), &step, &birth.pidfd);
  return born(birth);
}

}  // namespace mullion::node
