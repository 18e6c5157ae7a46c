// An X server of the suite's own, for the rows that open windows.
#pragma once

#include <sys/types.h>

#include <utility>

#include "mullion/base/error.hpp"

namespace mullion::bench {

// Xvfb, 1024 x 768 pixels; DISPLAY names it. Ended, and waited for, when this ends.
class Screen {
 public:
  static Result<Screen> start();
  Screen(Screen&& other) noexcept : server_(std::exchange(other.server_, 0)) {}
  Screen& operator=(Screen&&) = delete;
  ~Screen();

 private:
  explicit Screen(pid_t server) : server_(server) {}
  pid_t server_;
};

}  // namespace mullion::bench
