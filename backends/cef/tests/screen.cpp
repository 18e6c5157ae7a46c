#include "screen.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <iterator>

namespace mullion::cef::test {

namespace {

constexpr int patience_ms = 20'000;

[[noreturn]] void serve(int number, const std::string& folder) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  auto display = std::to_string(number);
  execlp("Xvfb", "Xvfb", "-displayfd", display.c_str(), "-screen", "0", "1024x768x24", "-nolisten", "tcp", "-fbdir",
         folder.c_str(), nullptr);
  _exit(127);
}

// The number that the server writes when it is ready.
std::string read_number(int pipe) {
  std::string text;
  pollfd ready{.fd = pipe, .events = POLLIN, .revents = 0};
  for (char each = 0; poll(&ready, 1, patience_ms) == 1 && read(pipe, &each, 1) == 1 && each != '\n';) text += each;
  return text;
}

std::uint32_t big_endian(const std::vector<unsigned char>& bytes, std::size_t at) {
  return bytes[at] << 24u | bytes[at + 1] << 16u | bytes[at + 2] << 8u | bytes[at + 3];
}

}  // namespace

Screen::Screen(std::string folder) : folder_(std::move(folder)) {
  int pipe[2];
  if (::pipe(pipe) != 0) return;
  server_ = fork();
  if (server_ == 0) serve(pipe[1], folder_);
  close(pipe[1]);
  auto number = read_number(pipe[0]);
  close(pipe[0]);
  setenv("DISPLAY", (":" + number).c_str(), 1);
}

Screen::~Screen() {
  if (server_ <= 0) return;
  kill(server_, SIGTERM);
  waitpid(server_, nullptr, 0);
}

// XWD: a header of 32 bit words, a table of colours, then lines of pixels.
long pixels(const std::string& folder, std::uint32_t colour) {
  std::ifstream stream(screen_file(folder), std::ios::binary);
  std::vector<unsigned char> bytes(std::istreambuf_iterator<char>(stream), {});
  if (bytes.size() < 100) return 0;
  std::size_t first = big_endian(bytes, 0) + std::size_t{12} * big_endian(bytes, 76);
  long found = 0;
  for (std::size_t at = first; at + 3 < bytes.size(); at += 4)
    found += bytes[at] == (colour & 0xff) && bytes[at + 1] == (colour >> 8 & 0xff) && bytes[at + 2] == colour >> 16;
  return found;
}

}  // namespace mullion::cef::test
