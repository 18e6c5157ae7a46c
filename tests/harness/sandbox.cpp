#include "harness/sandbox.hpp"

#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <vector>

namespace mullion::harness {
namespace {

constexpr std::uint32_t kills = SECCOMP_RET_KILL_PROCESS;
constexpr std::uint32_t allows = SECCOMP_RET_ALLOW;
constexpr std::uint32_t refuses(int error) { return SECCOMP_RET_ERRNO | static_cast<std::uint32_t>(error); }

// A filter is a list of rules, the first that fits decides. An argument's low half stands first (little endian).
class Filter {
 public:
  void calls(std::initializer_list<long> numbers, std::uint32_t verdict) {
    for (const long number : numbers) {
      load(offsetof(seccomp_data, nr));
      unless_equal(static_cast<std::uint32_t>(number), 1);
      result(verdict);
    }
  }
  // Of one system call, by the values of an argument.
  void by_value(long number, int argument, std::initializer_list<std::uint32_t> values, std::uint32_t verdict,
                std::uint32_t otherwise) {
    load(offsetof(seccomp_data, nr));
    unless_equal(static_cast<std::uint32_t>(number), static_cast<std::uint8_t>(2 + 2 * values.size()));
    load_argument(argument);
    for (const std::uint32_t value : values) {
      unless_equal(value, 1);
      result(verdict);
    }
    result(otherwise);
  }
  // Of one system call, where an argument has a value and, if `bits` are not 0, the next one has any of them.
  void by_bits(long number, int argument, std::uint32_t value, std::uint32_t bits, std::uint32_t verdict) {
    load(offsetof(seccomp_data, nr));
    unless_equal(static_cast<std::uint32_t>(number), 5);
    load_argument(argument);
    unless_equal(value, 3);
    load_argument(argument + 1);
    code_.push_back(BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, bits, 0, 1));
    result(verdict);
  }
  void result(std::uint32_t verdict) { code_.push_back(BPF_STMT(BPF_RET | BPF_K, verdict)); }

  bool install() {
    sock_fprog program{static_cast<unsigned short>(code_.size()), code_.data()};
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program) == 0;
  }

 private:
  void load(std::size_t offset) {
    code_.push_back(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(offset)));
  }
  void load_argument(int argument) { load(offsetof(seccomp_data, args) + sizeof(std::uint64_t) * argument); }
  void unless_equal(std::uint32_t value, std::uint8_t skip) {
    code_.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, skip));
  }

  std::vector<sock_filter> code_;
};

}  // namespace

bool enter_sandbox() {
  Filter filter;
  filter.calls({SYS_getsockopt, SYS_setsockopt, SYS_timerfd_create, SYS_inotify_init1, SYS_ptrace}, kills);
  filter.by_bits(SYS_fcntl, 1, F_ADD_SEALS, F_SEAL_FUTURE_WRITE | F_SEAL_WRITE, kills);
  filter.by_value(SYS_ioctl, 1, {TCGETS, FIONREAD}, allows, kills);
  filter.calls({SYS_pidfd_open, SYS_clone3, SYS_statx}, refuses(ENOSYS));
  filter.calls({SYS_connect, SYS_socket, SYS_bind, SYS_listen, SYS_accept4, SYS_fallocate, SYS_set_robust_list,
                SYS_openat, SYS_readlinkat, SYS_unlinkat, SYS_faccessat, SYS_execve, SYS_kill, SYS_prctl, SYS_seccomp},
               refuses(EPERM));
  filter.by_value(SYS_newfstatat, 3, {AT_EMPTY_PATH}, allows, refuses(EPERM));
  filter.by_value(SYS_madvise, 2, {MADV_NORMAL, MADV_RANDOM, MADV_DONTNEED, MADV_REMOVE, MADV_FREE}, allows,
                  refuses(EPERM));
  filter.result(allows);
  return filter.install();
}

}  // namespace mullion::harness
