// Kills a process at its n-th system call: a process of its own traces it, call by call.
#pragma once

#include <sys/types.h>

#include <cstdint>

#include "mullion/base/unique_fd.hpp"

namespace mullion::fault {

struct Traced {
  std::int32_t error = 0;   // errno, if it could not be traced
  std::uint32_t calls = 0;  // system calls of its first thread, from await_tracer() to its end
  std::uint32_t last = 0;   // the number of the last one
  bool killed = false;      // at the n-th one, before the kernel ran it
  bool made_file = false;   // one of them would have made something that has a name in the file system
};

class Tracer {
 public:
  Tracer();
  ~Tracer();
  Tracer(const Tracer&) = delete;
  Tracer& operator=(const Tracer&) = delete;

  // A process that has called await_tracer() or will do so. It is killed when it begins its n-th system call after
  // that; 0: never. One at a time.
  void follow(pid_t pid, std::uint32_t kill_at);
  Traced result();  // waits for its end

  static bool allowed();  // this machine lets processes be traced

 private:
  pid_t pid_ = 0;
  UniqueFd socket_;
};

// Stops this process until somebody traces it.
void await_tracer();

}  // namespace mullion::fault
