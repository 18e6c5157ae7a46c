// How many of this backend's own reference counted objects main has: Chromium must have let go of all of them when it
// ends, and what they hold of its must be gone with them.
#pragma once

#include <atomic>

namespace mullion::cef {

class Counted {
 public:
  Counted() { ++living_; }
  Counted(const Counted&) = delete;
  Counted& operator=(const Counted&) = delete;
  static int living() { return living_; }

 protected:
  ~Counted() { --living_; }

 private:
  inline static std::atomic<int> living_ = 0;
};

}  // namespace mullion::cef
