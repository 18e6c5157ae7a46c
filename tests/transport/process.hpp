// A link whose other end lives in another process, which is started anew and never a bare fork: see peer.cpp.
#pragma once

#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>

#include "fixture.hpp"
#include "harness/programs.hpp"

namespace mullion::transport {

class Process {
 public:
  Process(UniqueFd socket, const std::string& role, const std::string& argument = "") {
    std::string name = std::filesystem::read_symlink("/proc/self/exe"), program = harness::program("transport_peer");
    std::string first = role, second = argument;
    char* arguments[] = {name.data(), program.data(), first.data(), second.data(), nullptr};
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, socket.get(), 3);
    REQUIRE(posix_spawn(&pid_, name.c_str(), &actions, nullptr, arguments, environ) == 0);
    posix_spawn_file_actions_destroy(&actions);
  }
  ~Process() {
    if (pid_ > 0) kill(pid_, SIGKILL);
    join();
  }
  int join() {
    int status = 0;
    if (pid_ > 0) waitpid(pid_, &status, 0);
    pid_ = -1;
    return status;
  }

 private:
  pid_t pid_ = -1;
};

struct ProcessScene {
  Baseline baseline;
  std::unique_ptr<Loop> loop = make_loop();
  Recorder handler;
  std::unique_ptr<Link> link;
  std::unique_ptr<Process> process;

  ProcessScene(const std::string& role, LinkOptions options, const std::string& argument = "") {
    auto sockets = Link::socket_pair();
    REQUIRE(sockets);
    auto made = Link::offer(*loop, std::move(sockets->first), options);
    REQUIRE(made);
    link = std::move(*made);
    process = std::make_unique<Process>(std::move(sockets->second), role, argument);
    link->start(handler);
  }
  bool until(const std::function<bool()>& holds) { return run_until(*loop, holds); }
};

}  // namespace mullion::transport
