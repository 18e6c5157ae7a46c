#include "node/spawn.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>

#include "harness/programs.hpp"
#include "harness/waiting.hpp"

using namespace mullion;
using namespace mullion::node;
using harness::program;
using harness::run_until;

MULLION_TEST_PROGRAM(exits_with_three) { return 3; }

MULLION_TEST_PROGRAM(waits_for_a_signal) {
  for (;;) pause();
}

// Prints its last argument, a variable, its directory, its blocked and ignored signals, and how many descriptors it
// has.
MULLION_TEST_PROGRAM(tells_about_itself) {
  sigset_t mask;
  sigprocmask(SIG_BLOCK, nullptr, &mask);
  struct sigaction usr1{};
  sigaction(SIGUSR1, nullptr, &usr1);
  char directory[4096];
  const char* variable = std::getenv("MULLION_TEST_VARIABLE");
  std::printf("%s|%s|%s|%d%d|%d", argv[argc - 1], variable ? variable : "none", getcwd(directory, sizeof directory),
              sigismember(&mask, SIGUSR2), usr1.sa_handler == SIG_DFL, harness::open_descriptors());
  return 0;
}

MULLION_TEST_PROGRAM(echoes_its_input) {
  char bytes[64];
  const ssize_t count = read(0, bytes, sizeof bytes);
  return write(2, bytes, static_cast<std::size_t>(count)) == count ? 0 : 1;
}

// Descriptor 3 names the process to live with; descriptor 4 is written to when the watch has begun.
MULLION_TEST_PROGRAM(lives_with_another) {
  if (!end_with(UniqueFd(3))) return 9;
  (void)!write(4, "w", 1);
  for (;;) pause();
}

namespace {

std::string read_all(int fd) {
  std::string text;
  char part[512];
  for (ssize_t count; (count = read(fd, part, sizeof part)) > 0;) text.append(part, static_cast<std::size_t>(count));
  return text;
}

ExitStatus wait_for(Loop& loop, Spawned& spawned) {
  std::optional<ExitStatus> status;
  auto process = ChildProcess::watch(loop, spawned.pid, std::move(spawned.pidfd), StartedBy::us,
                                     [&](ExitStatus s) { status = s; });
  REQUIRE(process);
  REQUIRE(run_until(loop, [&] { return status.has_value(); }));
  CHECK_FALSE((*process)->running());
  CHECK((*process)->kill(SIGTERM).error().kind == Kind::disconnected);
  return *status;
}

void for_each_way(void (*body)(SpawnBy)) {
  for (SpawnBy by : {SpawnBy::clone, SpawnBy::posix_spawn}) {
    const std::string way = by == SpawnBy::clone ? "clone" : "posix_spawn";
    CAPTURE(way);
    body(by);
  }
}

bool no_children() { return waitpid(-1, nullptr, WNOHANG) < 0 && errno == ECHILD; }

}  // namespace

TEST_CASE("spawn: the exit code of the process arrives once") {
  for_each_way([](SpawnBy by) {
    auto loop = *Loop::create();
    auto spawned = spawn({.arguments = {program("exits_with_three")}}, by);
    REQUIRE(spawned);
    const ExitStatus status = wait_for(*loop, *spawned);
    CHECK(status.known);
    CHECK(status.code == 3);
    CHECK(status.signal == 0);
    CHECK(no_children());
  });
}

TEST_CASE("spawn: the signal that ended the process arrives") {
  auto loop = *Loop::create();
  auto spawned = *spawn({.arguments = {program("waits_for_a_signal")}});
  std::optional<ExitStatus> status;
  auto process = *ChildProcess::watch(*loop, spawned.pid, std::move(spawned.pidfd), StartedBy::us,
                                      [&](ExitStatus s) { status = s; });
  CHECK(process->kill(SIGKILL));
  REQUIRE(run_until(*loop, [&] { return status.has_value(); }));
  CHECK(status->signal == SIGKILL);
  CHECK(status->code == 0);
}

TEST_CASE("spawn: an exit that the host program reaped is known to have happened, and no more") {
  auto loop = *Loop::create();
  auto spawned = *spawn({.arguments = {program("exits_with_three")}});
  REQUIRE(waitpid(spawned.pid, nullptr, 0) == spawned.pid);
  CHECK_FALSE(wait_for(*loop, spawned).known);
}

TEST_CASE("spawn: other children of the host program are left to it") {
  auto loop = *Loop::create();
  auto others = *spawn({.arguments = {program("exits_with_three")}});
  auto ours = *spawn({.arguments = {program("exits_with_three")}});
  CHECK(wait_for(*loop, ours).code == 3);
  int status = 0;
  CHECK(waitpid(others.pid, &status, 0) == others.pid);
  CHECK(WEXITSTATUS(status) == 3);
}

TEST_CASE("spawn: arguments, environment, directory and nothing else reach the process") {
  for_each_way([](SpawnBy by) {
    UniqueFd leaky(open("/dev/null", O_RDONLY));  // not closed on exec
    signal(SIGUSR1, SIG_IGN);
    sigset_t usr2, before;
    sigemptyset(&usr2);
    sigaddset(&usr2, SIGUSR2);
    sigprocmask(SIG_BLOCK, &usr2, &before);
    auto spawned = spawn({.arguments = {program("tells_about_itself"), "last"},
                          .environment = {{"MULLION_TEST_VARIABLE", "value"}},
                          .working_directory = "/usr",
                          .output = Stdio::pipe,
                          .inherit = {leaky.get()}},
                         by);
    sigprocmask(SIG_SETMASK, &before, nullptr);
    signal(SIGUSR1, SIG_DFL);
    REQUIRE(spawned);
    CHECK(read_all(spawned->output.get()) == "last|value|/usr|01|4");
    waitpid(spawned->pid, nullptr, 0);
  });
}

TEST_CASE("spawn: without the parent's environment there is only what was given") {
  setenv("MULLION_TEST_VARIABLE", "parent", 1);
  auto with = *spawn({.arguments = {program("tells_about_itself")}, .output = Stdio::pipe});
  auto without =
      *spawn({.arguments = {program("tells_about_itself")}, .inherit_environment = false, .output = Stdio::pipe});
  unsetenv("MULLION_TEST_VARIABLE");
  CHECK(read_all(with.output.get()).find("|parent|") != std::string::npos);
  CHECK(read_all(without.output.get()).find("|none|") != std::string::npos);
  while (waitpid(-1, nullptr, 0) > 0) continue;
}

TEST_CASE("spawn: standard streams are pipes where asked") {
  for_each_way([](SpawnBy by) {
    auto loop = *Loop::create();
    auto spawned = spawn({.arguments = {program("echoes_its_input")}, .input = Stdio::pipe, .error = Stdio::pipe}, by);
    REQUIRE(spawned);
    CHECK(write(spawned->input.get(), "through", 7) == 7);
    CHECK(read_all(spawned->error.get()) == "through");
    CHECK(wait_for(*loop, *spawned).code == 0);
  });
}

TEST_CASE("spawn: what cannot be run is an error with errno's name, and no process is left") {
  for_each_way([](SpawnBy by) {
    auto missing = spawn({.executable = "/nowhere/at-all"}, by);
    REQUIRE_FALSE(missing);
    CHECK(missing.error().code == "ENOENT");
    CHECK(missing.error().message.find("/nowhere/at-all") != std::string::npos);
    auto folder = spawn({.executable = "/usr"}, by);
    REQUIRE_FALSE(folder);
    CHECK(folder.error().code == "EACCES");
    auto directory = spawn({.arguments = {program("exits_with_three")}, .working_directory = "/nowhere"}, by);
    REQUIRE_FALSE(directory);
    CHECK(directory.error().code == "ENOENT");
    auto zero = spawn({.arguments = {std::string("a\0b", 3)}}, by);
    REQUIRE_FALSE(zero);
    CHECK(zero.error().kind == Kind::invalid);
    CHECK(no_children());
  });
}

TEST_CASE("spawn: failing and succeeding leave no descriptor behind") {
  auto loop = *Loop::create();
  const int before = harness::open_descriptors();
  (void)spawn({.executable = "/nowhere/at-all", .input = Stdio::pipe, .output = Stdio::pipe});
  {
    auto spawned = *spawn({.arguments = {program("exits_with_three")}, .output = Stdio::pipe});
    wait_for(*loop, spawned);
  }
  harness::run_turns(*loop);
  CHECK(harness::descriptors_return_to(before));
}

TEST_CASE("spawn: destroying a running process kills and reaps it") {
  auto loop = *Loop::create();
  auto spawned = *spawn({.arguments = {program("waits_for_a_signal")}});
  bool told = false;
  {
    auto process = *ChildProcess::watch(*loop, spawned.pid, std::move(spawned.pidfd), StartedBy::us,
                                        [&](ExitStatus) { told = true; });
    CHECK(process->running());
  }
  CHECK_FALSE(told);
  CHECK(no_children());
}

TEST_CASE("spawn: a process that lives with another ends when that is killed") {
  auto loop = *Loop::create();
  auto other = *spawn({.arguments = {program("waits_for_a_signal")}});
  int ready[2];
  REQUIRE(pipe2(ready, O_CLOEXEC) == 0);
  UniqueFd read_end(ready[0]), write_end(ready[1]);
  auto spawned =
      *spawn({.arguments = {program("lives_with_another")}, .inherit = {other.pidfd.get(), write_end.get()}});
  char byte;
  REQUIRE(read(read_end.get(), &byte, 1) == 1);
  kill(other.pid, SIGKILL);
  CHECK(wait_for(*loop, spawned).code == 1);
  waitpid(other.pid, nullptr, 0);
}

TEST_CASE("spawn: a process that lives with another that is gone already ends at once") {
  auto loop = *Loop::create();
  auto other = *spawn({.arguments = {program("exits_with_three")}});
  waitpid(other.pid, nullptr, 0);
  UniqueFd nowhere(open("/dev/null", O_WRONLY | O_CLOEXEC));
  auto spawned = *spawn({.arguments = {program("lives_with_another")}, .inherit = {other.pidfd.get(), nowhere.get()}});
  CHECK(wait_for(*loop, spawned).code == 1);
}
