#include "screen.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
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

// XWD: a header of 32 bit words, a table of colours, then lines of pixels.
std::vector<unsigned char> read_screen(const std::string& folder) {
  std::ifstream stream(screen_file(folder), std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

std::size_t first_pixel(const std::vector<unsigned char>& bytes) {
  return big_endian(bytes, 0) + std::size_t{12} * big_endian(bytes, 76);
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

long pixels(const std::string& folder, std::uint32_t colour) {
  auto bytes = read_screen(folder);
  if (bytes.size() < 100) return 0;
  long found = 0;
  for (std::size_t at = first_pixel(bytes); at + 3 < bytes.size(); at += 4)
    found += bytes[at] == (colour & 0xff) && bytes[at + 1] == (colour >> 8 & 0xff) && bytes[at + 2] == colour >> 16;
  return found;
}

std::uint32_t colour_at(const std::string& folder, int x, int y) {
  auto bytes = read_screen(folder);
  if (bytes.size() < 100) return ~0u;
  auto at = first_pixel(bytes) + static_cast<std::size_t>(y) * big_endian(bytes, 48) + static_cast<std::size_t>(x) * 4;
  if (at + 3 >= bytes.size()) return ~0u;
  return std::uint32_t{bytes[at + 2]} << 16 | std::uint32_t{bytes[at + 1]} << 8 | bytes[at];
}

void click(int x, int y) {
  const char* program = std::getenv("MULLION_TEST_CLICK");
  auto line =
      "python3 " + std::string(program ? program : "click.py") + " " + std::to_string(x) + " " + std::to_string(y);
  if (std::system(line.c_str()) != 0) std::fprintf(stderr, "%s: it failed\n", line.c_str());
}

}  // namespace mullion::cef::test
