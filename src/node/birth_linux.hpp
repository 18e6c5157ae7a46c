// A child's birth: from our memory, through its namespaces, to its program. Private to spawn.
#pragma once

#include <sys/types.h>

#include <span>

#include "node/spawn.hpp"

namespace mullion::node {

// Everything that is touched between the start and exec, made ready before: what runs there shares our memory and may
// not allocate, lock, or call what keeps state.
struct Birth {
  const char* path = nullptr;
  char* const* arguments = nullptr;
  char* const* environment = nullptr;
  const char* directory = nullptr;
  std::span<const int> sources{};  // by number in the child; -1 leaves what is there
  std::uint64_t descriptors = 0;   // its limit; 0 leaves it
  Namespaces namespaces{};         // of its own
  int lives_with = -1;             // pidfd: the first process of a pid namespace ends with that process
  int first_program = -1;          // file of that first process's program
  bool keep_chroot = false;        // CAP_SYS_CHROOT outlives exec

  // What came of it. The descriptors are ours.
  pid_t pid = 0;
  int pidfd = -1;
  pid_t first_pid = 0;
  int first_pidfd = -1;
  int error = 0;               // why the program does not run, and in which step
  const char* step = nullptr;  // "clone" and "namespaces": no process was made for the program
};

// We are stopped until the child runs its program: a large parent pays nothing. False: see `error` and `step`; what was
// started is not reaped.
bool give_birth(Birth& birth);

}  // namespace mullion::node
