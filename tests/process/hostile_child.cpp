#include "hostile_child.hpp"

#include <fcntl.h>
#include <linux/io_uring.h>
#include <linux/keyctl.h>
#include <linux/perf_event.h>
#include <linux/userfaultfd.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <functional>
#include <map>
#include <thread>

#include "mullion/base/unique_fd.hpp"

namespace mullion::test {
namespace {

constexpr int link_socket = 3, mains_pidfd = 4;  // as node/spawn.hpp numbers what a child inherits

struct Order {
  pid_t pid = 0;
  std::string name{};
};

// 0 or errno; a descriptor that came of it is closed.
int opened(long fd) {
  if (fd < 0) return errno;
  close(static_cast<int>(fd));
  return 0;
}
int called(long result) { return result < 0 ? errno : 0; }

// ---- another process's memory and descriptors ----

int read_memory_file(const Order& order) {
  return opened(open(("/proc/" + std::to_string(order.pid) + "/mem").c_str(), O_RDONLY | O_CLOEXEC));
}

int read_memory(const Order& order) {
  char byte = 0;
  static const char there = 1;  // this program is the other one too: it may lie elsewhere there, which is EFAULT
  const iovec mine{&byte, 1}, theirs{const_cast<char*>(&there), 1};
  const int outcome = called(process_vm_readv(order.pid, &mine, 1, &theirs, 1, 0));
  return outcome == EFAULT ? 0 : outcome;
}

int take_descriptor(const Order& order) {
  const UniqueFd process(order.pid ? static_cast<int>(syscall(SYS_pidfd_open, order.pid, 0)) : dup(mains_pidfd));
  return process ? opened(syscall(SYS_pidfd_getfd, process.get(), 0, 0)) : errno;
}

int trace(const Order& order) {
  if (ptrace(PTRACE_SEIZE, order.pid, nullptr, nullptr) != 0) return errno;
  ptrace(PTRACE_DETACH, order.pid, nullptr, nullptr);
  return 0;
}

int compare_descriptors(const Order& order) {
  constexpr int file = 0;
  return called(syscall(SYS_kcmp, getpid(), order.pid, file, 0, 0));
}

// ---- signals and limits ----

int signal_it(const Order& order) { return called(kill(order.pid, 0)); }
int signal_thread(const Order& order) { return called(syscall(SYS_tgkill, order.pid, order.pid, 0)); }
int signal_everybody(const Order&) { return called(kill(-1, 0)); }
int signal_by_pidfd(const Order&) { return called(syscall(SYS_pidfd_send_signal, mains_pidfd, 0, nullptr, 0)); }

// The kernel would send it when there is something to read.
int signal_by_owner(const Order& order) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return errno;
  const UniqueFd input(ends[0]), output(ends[1]);
  if (fcntl(input.get(), F_SETOWN, order.pid) != 0) return errno;
  return called(fcntl(input.get(), F_SETSIG, SIGURG));
}

int limit_it(const Order& order) {
  rlimit64 now{};
  return called(syscall(SYS_prlimit64, order.pid, RLIMIT_NOFILE, nullptr, &now));
}

int slow_it(const Order& order) { return called(setpriority(PRIO_PROCESS, static_cast<id_t>(order.pid), 0)); }

// ---- other children ----

int start_child(const Order&) {
  const pid_t child = static_cast<pid_t>(syscall(SYS_fork));
  if (child == 0) _exit(0);
  if (child > 0) waitpid(child, nullptr, 0);
  return called(child);
}

int run_program(const Order&) {
  char* const nothing[] = {nullptr};
  const int outcome = called(execve("/nowhere/at-all", nothing, nothing));
  return outcome == ENOENT ? 0 : outcome;  // it was looked for
}

// ---- network and sockets ----

int open_socket(int family, int kind) { return opened(socket(family, kind | SOCK_CLOEXEC, 0)); }

sockaddr_un abstract(const std::string& name) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  name.copy(address.sun_path + 1, sizeof address.sun_path - 1);
  return address;
}

int connect_abstract(const Order& order) {
  const UniqueFd client(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const sockaddr_un address = abstract(order.name);
  if (!client) return errno;
  return called(connect(client.get(), reinterpret_cast<const sockaddr*>(&address),
                        static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + order.name.size())));
}

int make_datagram_pair(const Order&) {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, ends) != 0) return errno;
  close(ends[0]), close(ends[1]);
  return 0;
}

int linger(const Order&) {
  const struct ::linger long_time{1, 5};
  return called(setsockopt(link_socket, SOL_SOCKET, SO_LINGER, &long_time, sizeof long_time));
}

// ---- files ----

int open_file(const Order& order) { return opened(open(order.name.c_str(), O_RDONLY | O_CLOEXEC)); }
int open_path(const Order& order) { return opened(open(order.name.c_str(), O_PATH | O_CLOEXEC)); }

int make_file(const Order& order) {
  const int outcome = opened(open(order.name.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600));
  if (outcome == 0) unlink(order.name.c_str());
  return outcome;
}

int make_folder(const Order& order) {
  const int outcome = called(mkdir(order.name.c_str(), 0700));
  if (outcome == 0) rmdir(order.name.c_str());
  return outcome;
}

int look_at_file(const Order& order) {
  struct stat there{};
  return called(syscall(SYS_newfstatat, AT_FDCWD, order.name.c_str(), &there, AT_EMPTY_PATH));
}

int remove_file(const Order& order) { return called(unlink(order.name.c_str())); }

// ---- memory ----

int punch_memory(const Order&) {
  const UniqueFd memory(memfd_create("hole", MFD_CLOEXEC));
  if (!memory || ftruncate(memory.get(), 8192) != 0) return EBADF;
  return called(fallocate(memory.get(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4096));
}

int remove_mapping(const Order&) {
  void* memory = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  const int outcome = called(madvise(memory, 4096, MADV_REMOVE));
  munmap(memory, 4096);
  return outcome;
}

int watch_faults(const Order&) { return opened(syscall(SYS_userfaultfd, O_CLOEXEC | UFFD_USER_MODE_ONLY)); }

int share_memory(const Order&) {
  const int segment = shmget(IPC_PRIVATE, 4096, IPC_CREAT | 0600);
  if (segment >= 0) shmctl(segment, IPC_RMID, nullptr);
  return called(segment);
}

// ---- the kernel ----

int ring_of_calls(const Order&) {
  io_uring_params parameters{};
  return opened(syscall(SYS_io_uring_setup, 1, &parameters));
}

int keyring(const Order&) { return called(syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 0)); }
int mount_something(const Order&) { return called(mount("none", "/nowhere/at-all", "tmpfs", 0, nullptr)); }
int leave_namespace(const Order&) { return called(unshare(CLONE_SYSVSEM)); }
int change_root(const Order&) { return called(chroot(".")); }
int raise_limit(const Order&) {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  return called(setrlimit(RLIMIT_NOFILE, &limit));
}

// Its own descriptors, in flight over a socket of its own that nobody reads: until the kernel has enough.
int flood_in_flight(const Order&) {
  static int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) != 0) return errno;
  int buffer = 1 << 20;
  setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &buffer, sizeof buffer);
  std::vector<std::array<int, 2>> pairs(200);
  for (auto& pair : pairs)
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair.data()) != 0) return errno;
  for (int turn = 0; turn < 100'000; ++turn) {
    char byte = 0;
    iovec part{&byte, 1};
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int) * 200)];
    msghdr message{};
    message.msg_iov = &part, message.msg_iovlen = 1;
    message.msg_control = control, message.msg_controllen = sizeof control;
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET, header->cmsg_type = SCM_RIGHTS, header->cmsg_len = CMSG_LEN(sizeof(int) * 200);
    for (std::size_t i = 0; i < 200; ++i) std::memcpy(CMSG_DATA(header) + i * sizeof(int), &ends[1], sizeof(int));
    if (sendmsg(pairs[static_cast<std::size_t>(turn) % pairs.size()][0], &message, MSG_NOSIGNAL) >= 0) continue;
    if (errno != EAGAIN) return errno;
  }
  return 0;
}

int open_many(const Order&) {
  std::vector<UniqueFd> many;
  for (int count = 0; count < 1'000'000; ++count) {
    UniqueFd fd(dup(0));
    if (!fd) return errno;
    many.push_back(std::move(fd));
  }
  return 0;
}

// What nobody announced, over its link.
int send_descriptors(const Order&) {
  for (int turn = 0; turn < 64; ++turn) {
    char byte[64] = {};
    iovec part{byte, sizeof byte};
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int) * 16)];
    msghdr message{};
    message.msg_iov = &part, message.msg_iovlen = 1;
    message.msg_control = control, message.msg_controllen = sizeof control;
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET, header->cmsg_type = SCM_RIGHTS, header->cmsg_len = CMSG_LEN(sizeof(int) * 16);
    const int any = 0;
    for (std::size_t i = 0; i < 16; ++i) std::memcpy(CMSG_DATA(header) + i * sizeof(int), &any, sizeof(int));
    if (sendmsg(link_socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT) < 0) return errno;
  }
  return 0;
}

const std::map<std::string, std::function<int(const Order&)>, std::less<>> attempts = {
    {"memory-file", read_memory_file},
    {"memory", read_memory},
    {"descriptor", take_descriptor},
    {"trace", trace},
    {"compare", compare_descriptors},
    {"signal", signal_it},
    {"signal-thread", signal_thread},
    {"signal-everybody", signal_everybody},
    {"signal-by-pidfd", signal_by_pidfd},
    {"signal-by-owner", signal_by_owner},
    {"limit", limit_it},
    {"slow", slow_it},
    {"child", start_child},
    {"program", run_program},
    {"internet", [](const Order&) { return open_socket(AF_INET, SOCK_STREAM); }},
    {"internet-6", [](const Order&) { return open_socket(AF_INET6, SOCK_DGRAM); }},
    {"netlink", [](const Order&) { return open_socket(AF_NETLINK, SOCK_RAW); }},
    {"abstract", connect_abstract},
    {"datagrams", make_datagram_pair},
    {"linger", linger},
    {"open", open_file},
    {"open-path", open_path},
    {"make", make_file},
    {"make-folder", make_folder},
    {"look", look_at_file},
    {"remove", remove_file},
    {"punch", punch_memory},
    {"remove-mapping", remove_mapping},
    {"faults", watch_faults},
    {"shared-segment", share_memory},
    {"io-uring", ring_of_calls},
    {"keys", keyring},
    {"mount", mount_something},
    {"unshare", leave_namespace},
    {"chroot", change_root},
    {"set-limit", raise_limit},
    {"in-flight", flood_in_flight},
    {"many", open_many},
    {"over-link", send_descriptors},
};

// ---- what is allowed ----

const char* machine_code() {
  auto* page =
      static_cast<unsigned char*>(mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  if (page == MAP_FAILED) return "memory";
  const bool runs = mprotect(page, 4096, PROT_READ | PROT_EXEC) == 0;
  munmap(page, 4096);
  return runs ? nullptr : "machine code";
}

const char* threads() {
  int sum = 0;
  std::thread other([&sum] { sum = 42; });
  other.join();
  return sum == 42 ? nullptr : "threads";
}

const char* pipes_and_time() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return "pipes";
  const UniqueFd input(ends[0]), output(ends[1]);
  char byte = 'x';
  struct stat there{};
  if (write(output.get(), &byte, 1) != 1 || read(input.get(), &byte, 1) != 1 || fstat(input.get(), &there) != 0)
    return "pipes";
  const std::time_t now = std::time(nullptr);
  return std::localtime(&now) ? nullptr : "time";
}

const char* its_own_signals() {
  static volatile sig_atomic_t caught = 0;
  struct sigaction action{};
  action.sa_handler = [](int) { caught = 1; };
  sigaction(SIGUSR1, &action, nullptr);
  return raise(SIGUSR1) == 0 && kill(getpid(), SIGUSR1) == 0 && caught ? nullptr : "its own signals";
}

const char* what_fails() {
  for (auto* part : {machine_code, threads, pipes_and_time, its_own_signals})
    if (const char* failed = part()) return failed;
  return nullptr;
}

std::string outcome_of(const Value& order) {
  const auto found = attempts.find(order.string("try"));
  if (found == attempts.end()) return "no such attempt";
  const int error = found->second({.pid = static_cast<pid_t>(order.number("pid")), .name = order.string("name")});
  return error ? strerrorname_np(error) : "done";
}

Value report_of(const IsolationReport& report) {
  return Value{{"noNewPrivileges", report.no_new_privileges},
               {"noCapabilities", report.no_capabilities},
               {"limits", report.limits},
               {"systemCalls", report.system_calls},
               {"emptyRoot", report.empty_root},
               {"landlockFiles", report.landlock_files},
               {"landlockNetwork", report.landlock_network},
               {"landlockScope", report.landlock_scope},
               {"userNamespace", report.user_namespace},
               {"pidNamespace", report.pid_namespace},
               {"networkNamespace", report.network_namespace},
               {"ipcNamespace", report.ipc_namespace}};
}

}  // namespace

Task<Result<>> hostile(utility::Process& process) {
  auto& port = process.parent_port();
  for (auto order = co_await port.receive(); order; order = co_await port.receive()) {
    Value answer = order->data.is_object() ? Value(outcome_of(order->data)) : report_of(process.isolation());
    (void)port.post_message(answer);
  }
  co_return {};
}

Task<Result<>> honest(utility::Process& process) {
  const char* failed = what_fails();
  (void)process.parent_port().post_message(failed ? failed : "all well");
  co_return {};
}

}  // namespace mullion::test
