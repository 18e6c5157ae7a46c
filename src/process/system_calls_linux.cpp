// What an isolated child may ask of the kernel. A list of what is allowed: what a new kernel adds is refused until
// somebody has thought about it. Refusals are errors, so that programs see them.
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/prctl.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <initializer_list>
#include <memory>
#include <vector>

#include "process/isolation.hpp"

namespace mullion::process {
namespace {

constexpr int harmless[] = {
    // memory
    SCMP_SYS(brk), SCMP_SYS(mmap), SCMP_SYS(mmap2), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(mprotect),
    SCMP_SYS(msync), SCMP_SYS(mincore), SCMP_SYS(memfd_create), SCMP_SYS(pkey_alloc), SCMP_SYS(pkey_free),
    SCMP_SYS(pkey_mprotect),
    // descriptors that it has
    SCMP_SYS(read), SCMP_SYS(write), SCMP_SYS(readv), SCMP_SYS(writev), SCMP_SYS(pread64), SCMP_SYS(pwrite64),
    SCMP_SYS(preadv), SCMP_SYS(pwritev), SCMP_SYS(preadv2), SCMP_SYS(pwritev2), SCMP_SYS(lseek), SCMP_SYS(_llseek),
    SCMP_SYS(close), SCMP_SYS(close_range), SCMP_SYS(dup), SCMP_SYS(dup2), SCMP_SYS(dup3), SCMP_SYS(fstat),
    SCMP_SYS(fstat64), SCMP_SYS(ftruncate), SCMP_SYS(ftruncate64), SCMP_SYS(fsync), SCMP_SYS(fdatasync), SCMP_SYS(pipe),
    SCMP_SYS(pipe2), SCMP_SYS(eventfd), SCMP_SYS(eventfd2), SCMP_SYS(signalfd), SCMP_SYS(signalfd4),
    SCMP_SYS(timerfd_create), SCMP_SYS(timerfd_settime), SCMP_SYS(timerfd_gettime),
    // waiting
    SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(ppoll_time64), SCMP_SYS(select), SCMP_SYS(_newselect), SCMP_SYS(pselect6),
    SCMP_SYS(pselect6_time64), SCMP_SYS(epoll_create), SCMP_SYS(epoll_create1), SCMP_SYS(epoll_ctl),
    SCMP_SYS(epoll_wait), SCMP_SYS(epoll_pwait), SCMP_SYS(epoll_pwait2), SCMP_SYS(pause), SCMP_SYS(restart_syscall),
    SCMP_SYS(wait4), SCMP_SYS(waitid),
    // sockets that it has
    SCMP_SYS(sendmsg), SCMP_SYS(sendmmsg), SCMP_SYS(recvmsg), SCMP_SYS(recvmmsg), SCMP_SYS(sendto), SCMP_SYS(recvfrom),
    SCMP_SYS(send), SCMP_SYS(recv), SCMP_SYS(shutdown), SCMP_SYS(getsockopt), SCMP_SYS(getsockname),
    SCMP_SYS(getpeername),
    // threads
    SCMP_SYS(futex), SCMP_SYS(futex_time64), SCMP_SYS(futex_waitv), SCMP_SYS(set_robust_list),
    SCMP_SYS(set_tid_address), SCMP_SYS(rseq), SCMP_SYS(membarrier), SCMP_SYS(sched_yield), SCMP_SYS(getcpu),
    SCMP_SYS(sched_getaffinity), SCMP_SYS(sched_getparam), SCMP_SYS(sched_getscheduler), SCMP_SYS(sched_getattr),
    SCMP_SYS(sched_get_priority_max), SCMP_SYS(sched_get_priority_min), SCMP_SYS(getpriority), SCMP_SYS(arch_prctl),
    SCMP_SYS(exit), SCMP_SYS(exit_group),
    // its own signals
    SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn), SCMP_SYS(rt_sigpending),
    SCMP_SYS(rt_sigsuspend), SCMP_SYS(rt_sigtimedwait), SCMP_SYS(sigaltstack), SCMP_SYS(sigreturn), SCMP_SYS(setitimer),
    SCMP_SYS(getitimer), SCMP_SYS(alarm), SCMP_SYS(timer_create), SCMP_SYS(timer_settime), SCMP_SYS(timer_gettime),
    SCMP_SYS(timer_getoverrun), SCMP_SYS(timer_delete),
    // time, chance, and who it is
    SCMP_SYS(clock_gettime), SCMP_SYS(clock_gettime64), SCMP_SYS(clock_getres), SCMP_SYS(clock_nanosleep),
    SCMP_SYS(clock_nanosleep_time64), SCMP_SYS(nanosleep), SCMP_SYS(gettimeofday), SCMP_SYS(time), SCMP_SYS(times),
    SCMP_SYS(getrandom), SCMP_SYS(getpid), SCMP_SYS(gettid), SCMP_SYS(getppid), SCMP_SYS(getpgrp), SCMP_SYS(getuid),
    SCMP_SYS(geteuid), SCMP_SYS(getgid), SCMP_SYS(getegid), SCMP_SYS(getresuid), SCMP_SYS(getresgid),
    SCMP_SYS(getgroups), SCMP_SYS(capget), SCMP_SYS(uname), SCMP_SYS(sysinfo), SCMP_SYS(getrusage), SCMP_SYS(getrlimit),
    SCMP_SYS(ugetrlimit), SCMP_SYS(getcwd), SCMP_SYS(umask)};

// No REMOVE (a hole in memory that others map), and none of what makes pages fail.
constexpr int advice[] = {MADV_NORMAL,   MADV_RANDOM,        MADV_SEQUENTIAL,    MADV_WILLNEED,   MADV_DONTNEED,
                          MADV_FREE,     MADV_DONTFORK,      MADV_DOFORK,        MADV_HUGEPAGE,   MADV_NOHUGEPAGE,
                          MADV_DONTDUMP, MADV_DODUMP,        MADV_WIPEONFORK,    MADV_KEEPONFORK, MADV_COLD,
                          MADV_PAGEOUT,  MADV_POPULATE_READ, MADV_POPULATE_WRITE};

// No F_SETOWN and F_SETSIG: by them the kernel itself would send main a signal.
constexpr int on_descriptors[] = {F_DUPFD, F_DUPFD_CLOEXEC, F_GETFD,     F_SETFD,
                                  F_GETFL, F_SETFL,         F_ADD_SEALS, F_GET_SEALS};
constexpr unsigned long on_devices[] = {FIONREAD, FIONBIO, FIOCLEX, FIONCLEX, TCGETS};
constexpr int on_itself[] = {PR_SET_NAME,     PR_GET_NAME,       PR_SET_VMA,        PR_GET_DUMPABLE,    PR_GET_SECCOMP,
                             PR_CAPBSET_READ, PR_SET_TIMERSLACK, PR_GET_TIMERSLACK, PR_GET_NO_NEW_PRIVS};

struct Release {
  void operator()(void* filter) const { seccomp_release(filter); }
};

// Keeps the first error.
class Filter {
 public:
  Filter() : filter_(seccomp_init(SCMP_ACT_ERRNO(EPERM))) {}

  void allow(int call) { note(seccomp_rule_add(filter_.get(), SCMP_ACT_ALLOW, call, 0)); }
  void allow(int call, std::initializer_list<scmp_arg_cmp> when) {
    note(seccomp_rule_add_array(filter_.get(), SCMP_ACT_ALLOW, call, static_cast<unsigned>(when.size()), when.begin()));
  }
  template <class Values>
  void allow_each(int call, unsigned argument, const Values& values) {
    for (auto value : values)
      allow(call, {{argument, SCMP_CMP_MASKED_EQ, 0xffffffffU, static_cast<std::uint32_t>(value)}});
  }
  void refuse(int call, int error) {
    note(seccomp_rule_add(filter_.get(), SCMP_ACT_ERRNO(static_cast<unsigned>(error)), call, 0));
  }
  Result<> load() {
    note(seccomp_attr_set(filter_.get(), SCMP_FLTATR_CTL_TSYNC, 1));
    if (error_ == 0) note(seccomp_load(filter_.get()));
    if (error_ == 0) return {};
    return std::unexpected(errno_error("seccomp", -error_));
  }
  bool write(int file) {
    if (error_ == 0) note(seccomp_export_bpf(filter_.get(), file));
    return error_ == 0;
  }

 private:
  void note(int outcome) {
    if (error_ == 0 && outcome < 0) error_ = outcome;
  }
  std::unique_ptr<void, Release> filter_;
  int error_ = 0;
};

scmp_arg_cmp is(unsigned argument, std::uint64_t value) { return {argument, SCMP_CMP_EQ, value, 0}; }
scmp_arg_cmp has(unsigned argument, std::uint64_t mask, std::uint64_t bits) {
  return {argument, SCMP_CMP_MASKED_EQ, mask, bits};
}

// glibc falls back to clone, whose flags can be seen from here.
void allow_threads(Filter& filter) {
  constexpr std::uint64_t thread = CLONE_VM | CLONE_SIGHAND | CLONE_THREAD;
  constexpr std::uint64_t namespaces = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER |
                                       CLONE_NEWPID | CLONE_NEWNET | CLONE_PARENT | CLONE_PTRACE;
  filter.allow(SCMP_SYS(clone), {has(0, thread | namespaces, thread)});
  filter.refuse(SCMP_SYS(clone3), ENOSYS);
  filter.allow(SCMP_SYS(sched_setaffinity), {is(0, 0)});
}

void allow_signals_to_itself(Filter& filter, pid_t pid) {
  const auto self = static_cast<std::uint64_t>(pid);
  for (int call : {SCMP_SYS(kill), SCMP_SYS(tgkill), SCMP_SYS(rt_sigqueueinfo), SCMP_SYS(rt_tgsigqueueinfo)})
    filter.allow(call, {is(0, self)});
}

// Connected pairs alone: a datagram socket would reach whoever has a name.
void allow_sockets(Filter& filter) {
  for (auto kind : {SOCK_STREAM, SOCK_SEQPACKET})
    filter.allow(SCMP_SYS(socketpair), {is(0, AF_UNIX), has(1, 0xf, static_cast<std::uint64_t>(kind))});
}

// Of what is open; a path beside the flag leads nowhere in an empty root.
void allow_descriptors(Filter& filter) {
  filter.allow(SCMP_SYS(newfstatat), {has(3, AT_EMPTY_PATH, AT_EMPTY_PATH)});
  filter.allow(SCMP_SYS(statx), {has(2, AT_EMPTY_PATH, AT_EMPTY_PATH)});
  filter.allow(SCMP_SYS(fallocate), {is(1, 0)});
  filter.allow_each(SCMP_SYS(fcntl), 1, on_descriptors);
  filter.allow_each(SCMP_SYS(fcntl64), 1, on_descriptors);
  filter.allow_each(SCMP_SYS(ioctl), 1, on_devices);
}

void allow_the_rest(Filter& filter) {
  filter.allow_each(SCMP_SYS(madvise), 2, advice);
  filter.allow_each(SCMP_SYS(prctl), 0, on_itself);
  filter.allow(SCMP_SYS(prlimit64), {is(0, 0), is(2, 0)});
}

Filter filter_for(pid_t pid) {
  Filter filter;
  for (int call : harmless) filter.allow(call);
  allow_threads(filter);
  allow_signals_to_itself(filter, pid);
  allow_sockets(filter);
  allow_descriptors(filter);
  allow_the_rest(filter);
  return filter;
}

Result<> load_written(int file) {
  struct stat status{};
  if (fstat(file, &status) != 0) return std::unexpected(errno_error("fstat of the list of system calls"));
  std::vector<sock_filter> rules(static_cast<std::size_t>(status.st_size) / sizeof(sock_filter));
  if (pread(file, rules.data(), rules.size() * sizeof(sock_filter), 0) != status.st_size)
    return std::unexpected(errno_error("pread of the list of system calls"));
  const sock_fprog program{static_cast<unsigned short>(rules.size()), rules.data()};
  if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program) == 0) return {};
  return std::unexpected(errno_error("seccomp"));
}

}  // namespace

Result<> restrict_system_calls(int written) {
  return written < 0 ? filter_for(getpid()).load() : load_written(written);
}

UniqueFd write_system_calls() {
  UniqueFd file(memfd_create("mullion-system-calls", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!file || !filter_for(second_process).write(file.get())) return {};
  constexpr int all = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
  return fcntl(file.get(), F_ADD_SEALS, all) == 0 ? std::move(file) : UniqueFd();
}

}  // namespace mullion::process
