// The first process of an isolated child's pid namespace: a program of its own, without any library. A namespace whose
// first process ends is over, and a first process is deaf to signals of its own namespace and to SIGTERM; the child
// itself is therefore the second. This one sleeps until main, which descriptor 0 names, has ended.
#include <asm/unistd.h>
#include <linux/poll.h>

namespace {

#if defined(__x86_64__)
long call(long number, long a, long b, long c, long d, long e) {
  register long fourth __asm__("r10") = d;
  register long fifth __asm__("r8") = e;
  __asm__ volatile("syscall" : "+a"(number) : "D"(a), "S"(b), "d"(c), "r"(fourth), "r"(fifth) : "rcx", "r11", "memory");
  return number;
}
#elif defined(__aarch64__)
long call(long number, long a, long b, long c, long d, long e) {
  register long result __asm__("x0") = a;
  register long second __asm__("x1") = b, third __asm__("x2") = c, fourth __asm__("x3") = d, fifth __asm__("x4") = e;
  register long which __asm__("x8") = number;
  __asm__ volatile("svc 0" : "+r"(result) : "r"(second), "r"(third), "r"(fourth), "r"(fifth), "r"(which) : "memory");
  return result;
}
#endif

constexpr long interrupted = -4;
pollfd main_process{0, POLLIN, 0};

}  // namespace

extern "C" [[noreturn]] void _start() {
  while (call(__NR_ppoll, reinterpret_cast<long>(&main_process), 1, 0, 0, 8) == interrupted) continue;
  for (;;) call(__NR_exit_group, 0, 0, 0, 0, 0);
}
