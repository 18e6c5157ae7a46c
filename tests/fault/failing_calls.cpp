// The program's own definitions come before the C library's, for its shared libraries too.
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <cstdarg>
#include <new>
#include <string>

#include "shortage.hpp"

namespace mullion::fault {
namespace {

constexpr std::array<std::string_view, static_cast<std::size_t>(Call::count)> names = {
    "memfd_create", "pwrite",        "mmap",  "fcntl", "socketpair",     "sendmsg", "send",
    "eventfd",      "epoll_create1", "pipe2", "open",  "pthread_create", "clone",   "nothrow_new"};
constexpr std::string_view fail_switch = "--mullion-fail=";

std::atomic<int> chosen = -1;
std::atomic<int> calls_left = 0;
std::atomic<int> chosen_error = 0;
std::atomic<bool> failed = false;

// True: this one fails, and errno is set.
bool fails(Call call) {
  if (chosen.load(std::memory_order_relaxed) != static_cast<int>(call) || --calls_left != 0) return false;
  failed = true;
  errno = chosen_error;
  return true;
}

template <class F>
F* real(const char* name) {
  return reinterpret_cast<F*>(dlsym(RTLD_NEXT, name));
}

}  // namespace

std::string_view to_string(Call call) { return names[static_cast<std::size_t>(call)]; }

std::optional<Call> call_named(std::string_view name) {
  for (std::size_t i = 0; i < names.size(); ++i)
    if (names[i] == name) return static_cast<Call>(i);
  return std::nullopt;
}

void fail_call(Call call, int nth, int error) {
  failed = false;
  chosen_error = error;
  calls_left = nth;
  chosen = static_cast<int>(call);
}

bool fail_no_more() {
  chosen = -1;
  return failed;
}

void fail_as_told(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    std::string_view text = argv[i];
    if (!text.starts_with(fail_switch)) continue;
    text.remove_prefix(fail_switch.size());
    const auto call = call_named(text.substr(0, text.find(':')));
    int nth = 0, error = 0;
    const auto rest = std::from_chars(text.data() + text.find(':') + 1, text.data() + text.size(), nth);
    std::from_chars(rest.ptr + 1, text.data() + text.size(), error);
    if (call) fail_call(*call, nth, error);
  }
}

}  // namespace mullion::fault

using namespace mullion::fault;

extern "C" {

int memfd_create(const char* name, unsigned flags) noexcept {
  static auto* const next = real<int(const char*, unsigned)>("memfd_create");
  return fails(Call::memfd_create) ? -1 : next(name, flags);
}

ssize_t pwrite64(int fd, const void* bytes, size_t size, off64_t offset) {
  static auto* const next = real<ssize_t(int, const void*, size_t, off64_t)>("pwrite64");
  return fails(Call::pwrite) ? -1 : next(fd, bytes, size, offset);
}

void* mmap64(void* address, size_t size, int protection, int flags, int fd, off64_t offset) noexcept {
  static auto* const next = real<void*(void*, size_t, int, int, int, off64_t)>("mmap64");
  return fails(Call::mmap) ? MAP_FAILED : next(address, size, protection, flags, fd, offset);
}

int fcntl64(int fd, int command, ...) {
  static auto* const next = real<int(int, int, ...)>("fcntl64");
  va_list arguments;
  va_start(arguments, command);
  void* const argument = va_arg(arguments, void*);
  va_end(arguments);
  return fails(Call::fcntl) ? -1 : next(fd, command, argument);
}

int socketpair(int domain, int type, int protocol, int ends[2]) noexcept {
  static auto* const next = real<int(int, int, int, int*)>("socketpair");
  return fails(Call::socketpair) ? -1 : next(domain, type, protocol, ends);
}

ssize_t sendmsg(int fd, const msghdr* message, int flags) {
  static auto* const next = real<ssize_t(int, const msghdr*, int)>("sendmsg");
  return fails(Call::sendmsg) ? -1 : next(fd, message, flags);
}

ssize_t send(int fd, const void* bytes, size_t size, int flags) {
  static auto* const next = real<ssize_t(int, const void*, size_t, int)>("send");
  return fails(Call::send) ? -1 : next(fd, bytes, size, flags);
}

int eventfd(unsigned count, int flags) noexcept {
  static auto* const next = real<int(unsigned, int)>("eventfd");
  return fails(Call::eventfd) ? -1 : next(count, flags);
}

int epoll_create1(int flags) noexcept {
  static auto* const next = real<int(int)>("epoll_create1");
  return fails(Call::epoll_create1) ? -1 : next(flags);
}

int pipe2(int ends[2], int flags) noexcept {
  static auto* const next = real<int(int*, int)>("pipe2");
  return fails(Call::pipe2) ? -1 : next(ends, flags);
}

int open64(const char* path, int flags, ...) {
  static auto* const next = real<int(const char*, int, ...)>("open64");
  va_list arguments;
  va_start(arguments, flags);
  const auto mode = va_arg(arguments, unsigned);
  va_end(arguments);
  return fails(Call::open) ? -1 : next(path, flags, mode);
}

int pthread_create(pthread_t* thread, const pthread_attr_t* attributes, void* (*run)(void*), void* argument) noexcept {
  static auto* const next = real<int(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*)>("pthread_create");
  return fails(Call::pthread_create) ? errno : next(thread, attributes, run, argument);
}

int clone(int (*run)(void*), void* stack, int flags, void* argument, ...) noexcept {
  static auto* const next = real<int(int (*)(void*), void*, int, void*, ...)>("clone");
  va_list arguments;
  va_start(arguments, argument);
  void* const parent_tid = va_arg(arguments, void*);
  va_end(arguments);
  return fails(Call::clone) ? -1 : next(run, stack, flags, argument, parent_tid);
}

}  // extern "C"

void* operator new[](std::size_t size, const std::nothrow_t&) noexcept {
  if (fails(Call::nothrow_new)) return nullptr;
  try {
    return ::operator new[](size);
  } catch (...) {
    return nullptr;
  }
}
