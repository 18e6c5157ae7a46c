// How far a child process is kept from everything but its link.
#pragma once

#include <cstdint>

namespace mullion {

// What a child is started as.
//
// - `same_user`: an ordinary process of this user. It may do what main may. Against its faults main is robust; against
//   its malice nobody is safe.
// - `isolated`: it computes and talks over its ports, and that is all. It opens no file by name, has no network, starts
//   no process, signals, traces and sees no other one, and mounts nothing. What it asks the kernel for beyond that is
//   EPERM to it ("Operation not permitted"), never its death. It may have memory, threads, machine code of its own
//   making, time, randomness, pipes, and whatever descriptors it holds. What it is to read is sent to it.
enum class Isolation : std::uint8_t { same_user, isolated };

// What was reached of `isolated`, each measure by itself. Without no_new_privileges, limits and system_calls a child
// does not run; the others depend on the kernel and on what a container allows. Of a child that is `same_user`,
// nothing.
struct IsolationReport {
  bool no_new_privileges = false;  // no program that it ran could have more rights than it
  bool no_capabilities = false;    // none of root's powers, also where main is root
  bool limits = false;             // descriptors: an eighth of main's; no core files, locked memory, message queues
  bool system_calls = false;       // seccomp: a list of what is allowed
  bool empty_root = false;         // no path leads to a file, not even to its name
  bool landlock_files = false;     // the same by Landlock, as far as it knows: opening, running, making, removing
  bool landlock_network = false;   // no TCP, by Landlock
  bool landlock_scope = false;     // no signals and no abstract sockets of others, by Landlock
  bool user_namespace = false;     // it owns nothing outside
  bool pid_namespace = false;      // others have no pid there: it is number 2, after a process that only waits for main
  bool network_namespace = false;  // an empty one
  bool ipc_namespace = false;      // System V's and POSIX's queues: none
};

}  // namespace mullion
