// The processes of the suite: this program started again, each pinned where it was told, none outliving its parent.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mullion/base/error.hpp"
#include "mullion/base/unique_fd.hpp"

namespace mullion::bench {

inline constexpr int first_inherited = 3;  // the number in the child of the first descriptor that it was given
inline constexpr int peer_ended = 3;       // exit code of a driver whose peer ended before it

// A running process. Killed and waited for when this ends.
class Process {
 public:
  Process() = default;
  Process(pid_t pid, UniqueFd pidfd) : pid_(pid), pidfd_(std::move(pidfd)) {}
  Process(Process&& other) noexcept : pid_(std::exchange(other.pid_, 0)), pidfd_(std::move(other.pidfd_)) {}
  Process& operator=(Process&& other) noexcept;
  ~Process() { end(); }

  pid_t pid() const { return pid_; }
  // What waitpid says of it; nothing when it still runs after so long.
  std::optional<int> wait(int timeout_ms);

 private:
  void end();
  pid_t pid_ = 0;
  UniqueFd pidfd_;
};

// Starts a program with these arguments; the descriptors become 3, 4 and so on.
Result<Process> start_program(std::string path, std::vector<std::string> arguments, std::span<const int> fds);
Result<Process> start_self(std::vector<std::string> arguments, std::span<const int> fds);
Result<std::string> own_path();

// When this process was started so, by the clock of now_ns().
std::uint64_t started_ns();

// The process at the other end of a row: `bench --peer-of=ROW`. When it fails, this process ends.
Result<Process> start_peer(std::string_view row, std::span<const int> fds = {});

// In a process that was started so: it dies with its parent.
void follow_parent(int argc, char** argv);

// The value of --NAME=VALUE.
std::optional<std::string_view> argument(int argc, char** argv, std::string_view name);

// Where the processes of a row run: the first takes the first cpu of the list and leaves the rest to those it starts.
void tell_cpus(const std::vector<int>& cpus);
Result<> pin_as_told();

// Cpus that this process may use; those that share a core with an earlier one come last.
std::vector<int> usable_cpus();

}  // namespace mullion::bench
