// Starting a process, and its end. Nothing here knows about links.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "mullion/base/loop.hpp"
#include "mullion/node/broker.hpp"

namespace mullion::node {

inline constexpr int first_inherited = 3;  // the number in the child of SpawnRequest::inherit's first descriptor

// Namespaces of its own for a child.
struct Namespaces {
  bool user = false, pid = false, network = false, ipc = false;
};

struct SpawnRequest {
  std::string executable{};  // "" is this program
  std::vector<std::string> arguments{};
  std::vector<std::pair<std::string, std::string>> environment{};
  bool inherit_environment = true;
  std::string working_directory{};
  Stdio input = Stdio::ignore;
  Stdio output = Stdio::inherit;
  Stdio error = Stdio::inherit;
  std::vector<int> inherit{};     // become 3, 4, ... in the child, in this order; it gets nothing else
  std::uint64_t descriptors = 0;  // how many it may have, hard; 0 is as many as we
  Namespaces namespaces{};
  int lives_with = -1;  // pidfd, for namespaces.pid: whatever is in it ends when that process does
};

// The first process of a child's pid namespace, which is nobody's program. Destroying it ends it and all that is left
// in the namespace: after the child.
class FirstProcess {
 public:
  FirstProcess() = default;
  explicit FirstProcess(UniqueFd pidfd) : pidfd_(std::move(pidfd)) {}
  FirstProcess(FirstProcess&&) = default;
  FirstProcess& operator=(FirstProcess&& other) noexcept {
    std::swap(pidfd_, other.pidfd_);
    return *this;
  }
  ~FirstProcess();

 private:
  UniqueFd pidfd_;
};

struct Spawned {
  FirstProcess first{};  // of its pid namespace
  pid_t pid = 0;
  UniqueFd pidfd{};
  UniqueFd input{}, output{}, error{};  // of Stdio::pipe
};

inline constexpr const char* no_namespaces = "namespaces";  // spawn's error when they cannot be had

enum class SpawnBy { clone, posix_spawn, either };

// Runs the executable in a new process. The caller's signal mask, handlers and other descriptors do not reach it.
// Whatever keeps it from running is an error here, with errno's name for its code; no process is left then.
Result<Spawned> spawn(const SpawnRequest& request, SpawnBy by = SpawnBy::either);

// The same in as many namespaces of its own as can be had here; `lives_with` must be there. The command line gets
// --mullion-isolation= with their names ("user,pid,network,ipc"; "none").
Result<Spawned> spawn_isolated(SpawnRequest request);

// How many descriptors a child may have. The kernel counts those in flight for the user and holds them against each
// sender's own limit: who is trusted less gets less, and so cannot keep the others from sending theirs.
struct DescriptorShares {
  std::uint64_t same_user = 0, isolated = 0;  // a quarter and an eighth of our own; 0: ours is not known
};
// Raises our own limit as far as it may go first.
DescriptorShares share_descriptors();

// Where this program's file is, or another name for it that works although the file was replaced.
Result<std::string> own_executable();

Result<> close_on_exec(int fd);

// A descriptor that names this process, for its children.
Result<UniqueFd> own_pidfd();

// Who started a process, waits for it and ends it.
enum class StartedBy { us, others };

// A process that is watched. Destroying it kills the process and reaps it, if we started it.
class ChildProcess {
 public:
  // `exited` is called once, from the loop. It may destroy this.
  static Result<std::unique_ptr<ChildProcess>> watch(Loop& loop, pid_t pid, UniqueFd pidfd, StartedBy by,
                                                     std::move_only_function<void(ExitStatus)> exited);
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  pid_t pid() const { return pid_; }
  StartedBy started_by() const { return by_; }
  bool running() const { return running_; }
  Result<> kill(int signal);

 private:
  ChildProcess(pid_t pid, UniqueFd pidfd, StartedBy by, std::move_only_function<void(ExitStatus)> exited)
      : pid_(pid), pidfd_(std::move(pidfd)), by_(by), exited_(std::move(exited)) {}
  void readable();

  pid_t pid_;
  UniqueFd pidfd_;
  StartedBy by_;
  bool running_ = true;
  std::move_only_function<void(ExitStatus)> exited_;
  FdWatch watch_{};  // last: it refers to pidfd_
};

// Ends this process, without running any more of its code, when the process that `pidfd` names has ended; at once if
// it has already. A thread of its own sees to it.
Result<> end_with(UniqueFd pidfd);

}  // namespace mullion::node
