// Waiting for what a test expects: runs a loop until it is so, with a deadline; and counting what must not leak.
#pragma once

#include <dirent.h>
#include <poll.h>

#include <chrono>

#include "mullion/base/loop.hpp"

namespace mullion::harness {

inline constexpr std::chrono::seconds patience{20};

// True as soon as `condition()` is; false when the deadline came first.
template <class Condition>
bool run_until(Loop& loop, Condition condition, std::chrono::milliseconds deadline = patience) {
  const auto end = std::chrono::steady_clock::now() + deadline;
  while (!condition()) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
    if (left.count() <= 0) return false;
    const int timeout = loop.timeout();
    const int wait = timeout < 0 || timeout > left.count() ? static_cast<int>(left.count()) : timeout;
    pollfd ready{.fd = loop.fd(), .events = POLLIN, .revents = 0};
    if (wait > 0) poll(&ready, 1, wait);
    loop.dispatch();
  }
  return true;
}

// Lets the loop do what it has to do already.
inline void run_turns(Loop& loop, int turns = 4) {
  for (int i = 0; i < turns; ++i) loop.dispatch();
}

inline int open_descriptors() {
  DIR* directory = opendir("/proc/self/fd");
  int count = -3;  // ".", ".." and the directory itself
  while (readdir(directory)) ++count;
  closedir(directory);
  return count;
}

// Descriptors that a peer had sent are closed on a worker thread: this waits for it. There may be fewer in the end, as
// the test before may have left some to its worker threads when they were counted.
inline bool descriptors_return_to(int count) {
  const auto end = std::chrono::steady_clock::now() + patience;
  while (open_descriptors() > count && std::chrono::steady_clock::now() < end) poll(nullptr, 0, 1);
  return open_descriptors() <= count;
}

}  // namespace mullion::harness
