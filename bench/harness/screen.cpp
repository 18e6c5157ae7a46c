#include "harness/screen.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

#include "mullion/base/unique_fd.hpp"

namespace mullion::bench {
namespace {

constexpr int patience_ms = 20'000;

[[noreturn]] void serve(int number, pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (getppid() != parent) _exit(1);
  const auto display = std::to_string(number);
  execlp("Xvfb", "Xvfb", "-displayfd", display.c_str(), "-screen", "0", "1024x768x24", "-nolisten", "tcp", nullptr);
  _exit(127);
}

// The number that the server writes when it is ready.
std::string read_number(int pipe) {
  std::string text;
  pollfd ready{.fd = pipe, .events = POLLIN, .revents = 0};
  for (char each = 0; poll(&ready, 1, patience_ms) == 1 && read(pipe, &each, 1) == 1 && each != '\n';) text += each;
  return text;
}

}  // namespace

Result<Screen> Screen::start() {
  int pipe[2];
  if (::pipe(pipe) != 0) return std::unexpected(errno_error("Cannot make a pipe"));
  const UniqueFd read_end(pipe[0]);
  UniqueFd write_end(pipe[1]);
  const pid_t self = getpid();
  const pid_t server = fork();
  if (server < 0) return std::unexpected(errno_error("Cannot start Xvfb"));
  if (server == 0) serve(write_end.get(), self);
  Screen screen(server);
  write_end = UniqueFd();
  const auto number = read_number(read_end.get());
  if (number.empty())
    return std::unexpected(Error{.message = "Xvfb does not start; install Debian's xvfb (tools/setup does)"});
  setenv("DISPLAY", (":" + number).c_str(), 1);
  return screen;
}

Screen::~Screen() {
  if (server_ == 0) return;
  kill(server_, SIGTERM);
  waitpid(server_, nullptr, 0);
}

}  // namespace mullion::bench
