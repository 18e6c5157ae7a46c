// The last that a view has painted, from Chromium's thread to main's: of those that main was too slow for, the last.
#pragma once

#include <mutex>
#include <utility>
#include <vector>

#include "mullion/backend.hpp"

namespace mullion::cef {

class LastPaint {
 public:
  bool put(const backend::Paint& paint);  // false: main has yet to take the one before
  std::pair<backend::Paint, std::vector<std::byte>> take();

 private:
  std::mutex mutex_;
  bool waits_ = false;
  backend::Paint paint_;
  std::vector<std::byte> bytes_;
};

}  // namespace mullion::cef
