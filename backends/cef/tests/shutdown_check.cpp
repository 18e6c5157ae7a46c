// CEF's wrapper asks this whenever an object of Chromium's is used or let go; its release build answers nothing.
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <string_view>

namespace {

std::atomic<bool> over = false;

void say(std::string_view line) { (void)!write(STDERR_FILENO, line.data(), line.size()); }

}  // namespace

namespace shutdown_checker {

void AssertNotShutdown();
void AssertNotShutdown() {
  if (!over) return;
  say("an object is incorrectly held at CefShutdown\n");
  std::abort();
}

}  // namespace shutdown_checker

// CefShutdown and what is called instead of it: --wrap.
void shut_down() asm("__real__Z11CefShutdownv");
void shut_down_and_check() asm("__wrap__Z11CefShutdownv");
void shut_down_and_check() {
  shut_down();
  over = true;
  say("checked from here\n");
}
