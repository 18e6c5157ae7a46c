#include "tracer.hpp"

#include <fcntl.h>
#include <linux/ptrace.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "harness/programs.hpp"
#include "harness/scripts.hpp"
#include "mullion/transport/link.hpp"
#include "node/spawn.hpp"

namespace mullion::fault {
namespace {

struct Order {
  pid_t pid = 0;
  std::uint32_t kill_at = 0;
};

// By hand: <sys/ptrace.h> has not all of <linux/ptrace.h>, and one cannot have both.
long call_ptrace(long request, pid_t pid, void* address, void* data) {
  return syscall(SYS_ptrace, request, pid, address, data);
}

bool makes_file(const ptrace_syscall_info& call) {
  switch (call.entry.nr) {
    case SYS_openat:
      return (call.entry.args[2] & O_CREAT) != 0;
    case SYS_open:
      return (call.entry.args[1] & O_CREAT) != 0;
    case SYS_creat:
    case SYS_mkdir:
    case SYS_mkdirat:
    case SYS_mknod:
    case SYS_mknodat:
    case SYS_symlink:
    case SYS_symlinkat:
    case SYS_link:
    case SYS_linkat:
    case SYS_bind:
      return true;
    default:
      return false;
  }
}

class Trace {
 public:
  explicit Trace(const Order& order) : order_(order) {}

  Traced run() {
    if (call_ptrace(PTRACE_SEIZE, order_.pid, nullptr,
                    reinterpret_cast<void*>(PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL)) < 0) {
      traced_.error = errno;
      kill(order_.pid, SIGKILL);
      return traced_;
    }
    int status = 0;
    while (waitpid(order_.pid, &status, __WALL) == order_.pid && !WIFEXITED(status) && !WIFSIGNALED(status))
      go_on(status);
    return traced_;
  }

 private:
  void go_on(int status) {
    const int signal = WSTOPSIG(status), event = status >> 16;
    if (signal == (SIGTRAP | 0x80)) return at_call();
    const bool stop = event == PTRACE_EVENT_STOP || signal == SIGSTOP || signal == SIGCONT;
    if (event == PTRACE_EVENT_STOP && signal == SIGSTOP) kill(order_.pid, SIGCONT);
    resume(stop ? 0 : signal);
  }
  void at_call() {
    ptrace_syscall_info call{};
    call_ptrace(PTRACE_GET_SYSCALL_INFO, order_.pid, reinterpret_cast<void*>(sizeof call), &call);
    if (call.op == PTRACE_SYSCALL_INFO_ENTRY) {
      traced_.last = static_cast<std::uint32_t>(call.entry.nr);
      if (++traced_.calls == order_.kill_at) {
        traced_.killed = true;
        kill(order_.pid, SIGKILL);
        return;
      }
      traced_.made_file = traced_.made_file || makes_file(call);
    }
    resume(0);
  }
  void resume(long signal) { call_ptrace(PTRACE_SYSCALL, order_.pid, nullptr, reinterpret_cast<void*>(signal)); }

  Order order_;
  Traced traced_;
};

}  // namespace

MULLION_TEST_PROGRAM(traces) {
  Order order;
  while (recv(node::first_inherited, &order, sizeof order, 0) == sizeof order) {
    const Traced traced = Trace(order).run();
    send(node::first_inherited, &traced, sizeof traced, MSG_NOSIGNAL);
  }
  _exit(0);  // a sanitizer's last look at the heap would take longer than all of this
}

Tracer::Tracer() {
  auto sockets = transport::Link::socket_pair();
  EXPECT(sockets);
  auto started = node::spawn({.arguments = {harness::program("traces")}, .inherit = {sockets->second.get()}});
  EXPECT(started);
  pid_ = started->pid;
  socket_ = std::move(sockets->first);
}

Tracer::~Tracer() {
  socket_.reset();
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
}

void Tracer::follow(pid_t pid, std::uint32_t kill_at) {
  const Order order{pid, kill_at};
  EXPECT(send(socket_.get(), &order, sizeof order, MSG_NOSIGNAL) == sizeof order);
}

Traced Tracer::result() {
  Traced traced;
  EXPECT(recv(socket_.get(), &traced, sizeof traced, 0) == sizeof traced);
  return traced;
}

MULLION_TEST_PROGRAM(is_traced) {
  await_tracer();
  _exit(0);
}

bool Tracer::allowed() {
  Tracer tracer;
  auto started = node::spawn({.arguments = {harness::program("is_traced")}});
  EXPECT(started);
  tracer.follow(started->pid, 0);
  const Traced traced = tracer.result();
  waitpid(started->pid, nullptr, 0);
  return traced.error == 0;
}

void await_tracer() {
  prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0);
  raise(SIGSTOP);
}

}  // namespace mullion::fault
