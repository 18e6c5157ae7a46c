#include <doctest/doctest.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>

#include "harness/programs.hpp"
#include "harness/waiting.hpp"
#include "node/spawn.hpp"

using namespace mullion;
using namespace mullion::node;
using harness::program;
using harness::run_until;

namespace {

constexpr const char* kinds[] = {"user", "pid", "net", "ipc"};
constexpr const char* names[] = {"user", "pid", "network", "ipc"};

std::string namespace_of(const char* kind) {
  char target[64] = "";
  const std::string link = std::string("/proc/self/ns/") + kind;
  const ssize_t length = readlink(link.c_str(), target, sizeof target - 1);
  return {target, static_cast<std::size_t>(length < 0 ? 0 : length)};
}

std::string all_namespaces() {
  std::string all;
  for (const char* kind : kinds) all += namespace_of(kind) + "|";
  return all;
}

std::string read_all(int fd) {
  std::string text;
  char part[512];
  for (ssize_t count; (count = read(fd, part, sizeof part)) > 0;) text.append(part, static_cast<std::size_t>(count));
  return text;
}

bool no_children() { return waitpid(-1, nullptr, WNOHANG) < 0 && errno == ECHILD; }

// A child, and what is heard of it.
struct Isolated {
  explicit Isolated(const char* name, int lives_with = -1) {
    self = *own_pidfd();
    auto spawned = spawn_isolated({.arguments = {program(name)},
                                   .output = Stdio::pipe,
                                   .descriptors = 100,
                                   .lives_with = lives_with < 0 ? self.get() : lives_with});
    REQUIRE(spawned);
    pid = spawned->pid;
    output = std::move(spawned->output);
    first = std::move(spawned->first);
    process = *ChildProcess::watch(*loop, pid, std::move(spawned->pidfd), StartedBy::us,
                                   [this](ExitStatus s) { status = s; });
  }
  ExitStatus end() {
    REQUIRE(run_until(*loop, [&] { return status.has_value(); }));
    return *status;
  }
  std::unique_ptr<Loop> loop = *Loop::create();
  UniqueFd self, output;
  FirstProcess first;
  pid_t pid = 0;
  std::optional<ExitStatus> status;
  std::unique_ptr<ChildProcess> process;
};

}  // namespace

MULLION_TEST_PROGRAM(tells_its_namespaces) {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  std::printf("%s %s %d %lu", argv[1], all_namespaces().c_str(), getpid(), static_cast<unsigned long>(limit.rlim_max));
  std::fflush(stdout);
  _exit(3);  // a sanitizer's leak check would look for this process by its pid
}

MULLION_TEST_PROGRAM(raises_sigkill) { return raise(SIGKILL); }
MULLION_TEST_PROGRAM(aborts) { std::abort(); }

// In a user namespace of its own, where there can be none below it; as root there, or without any power at all.
MULLION_TEST_PROGRAM(spawns_where_namespaces_are_forbidden) {
  if (unshare(CLONE_NEWUSER) != 0) return std::printf("cannot be tried"), 0;
  const int most = open("/proc/sys/user/max_user_namespaces", O_WRONLY | O_CLOEXEC);
  if (most < 0 || write(most, "0", 1) != 1) return std::printf("cannot be tried"), 0;
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  const __user_cap_data_struct none[2] = {};
  if (std::strcmp(argv[argc - 1], "powerless") == 0) syscall(SYS_capset, &header, none);
  const auto self = *own_pidfd();
  auto spawned =
      spawn_isolated({.arguments = {program("tells_its_namespaces")}, .output = Stdio::pipe, .lives_with = self.get()});
  const std::string told = spawned ? read_all(spawned->output.get()) : spawned.error().message;
  std::printf("%s", told.substr(0, told.find(' ')).c_str());
  std::fflush(stdout);
  _exit(0);
}

MULLION_TEST_PROGRAM(says_so_and_sleeps) {
  (void)!write(1, "r", 1);
  for (;;) pause();
}

TEST_CASE("isolated spawn: the child is in the namespaces that its command line names, and in no others of its own") {
  Isolated child("tells_its_namespaces");
  char isolation[128], theirs[512];
  int pid = 0;
  unsigned long descriptors = 0;
  const std::string told = read_all(child.output.get());
  REQUIRE(std::sscanf(told.c_str(), "--mullion-isolation=%127s %511s %d %lu", isolation, theirs, &pid, &descriptors) ==
          4);
  const std::string named = std::string(",") + isolation + ",";
  for (std::size_t i = 0; i < std::size(kinds); ++i) {
    CAPTURE(kinds[i]);
    const bool own = std::string(theirs).find(namespace_of(kinds[i]) + "|") == std::string::npos;
    CHECK(own == (named.find(std::string(",") + names[i] + ",") != std::string::npos));
  }
  CHECK((pid == child.pid) == (named.find(",pid,") == std::string::npos));
  CHECK(descriptors == 100);
  CHECK(child.end().code == 3);
}

TEST_CASE("isolated spawn: how it ended is told as of any other child") {
  Isolated killed("raises_sigkill"), aborted("aborts");
  CHECK(killed.end().signal == SIGKILL);
  CHECK(aborted.end().signal == SIGABRT);
}

TEST_CASE("isolated spawn: SIGTERM ends it") {
  Isolated child("says_so_and_sleeps");
  char byte;
  REQUIRE(read(child.output.get(), &byte, 1) == 1);
  CHECK(child.process->kill(SIGTERM));
  CHECK(child.end().signal == SIGTERM);
}

TEST_CASE("isolated spawn: after its end no process and no descriptor is left") {
  const int before = harness::open_descriptors();
  {
    Isolated("raises_sigkill").end();
  }
  {
    const Isolated running("says_so_and_sleeps");
  }
  CHECK(no_children());
  CHECK(harness::descriptors_return_to(before));
}

TEST_CASE("isolated spawn: what cannot be run is an error with errno's name, and no process is left") {
  const auto self = *own_pidfd();
  auto missing = spawn_isolated({.executable = "/nowhere/at-all", .lives_with = self.get()});
  REQUIRE_FALSE(missing);
  CHECK(missing.error().code == "ENOENT");
  CHECK(no_children());
}

TEST_CASE("isolated spawn: where user namespaces are forbidden root has the others, and who has no power has none") {
  struct Row {
    const char *who, *isolation;
  };
  for (auto row : {Row{"root", "pid,network,ipc"}, Row{"powerless", "none"}}) {
    auto spawned =
        spawn({.arguments = {program("spawns_where_namespaces_are_forbidden"), row.who}, .output = Stdio::pipe});
    REQUIRE(spawned);
    const std::string told = read_all(spawned->output.get());
    waitpid(spawned->pid, nullptr, 0);
    if (told == "cannot be tried") return;
    CHECK(told == std::string("--mullion-isolation=") + row.isolation);
  }
}

TEST_CASE("isolated spawn: all in a pid namespace ends when the process that it lives with does") {
  auto other = *spawn({.arguments = {program("says_so_and_sleeps")}, .output = Stdio::ignore});
  Isolated child("says_so_and_sleeps", other.pidfd.get());
  char byte;
  REQUIRE(read(child.output.get(), &byte, 1) == 1);
  kill(other.pid, SIGKILL);
  CHECK(child.end().signal == SIGKILL);
  waitpid(other.pid, nullptr, 0);
}
