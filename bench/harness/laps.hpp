// Round trips as the end that is asked sees them: from one request to the next, where the asker waits for each answer.
#pragma once

#include <cstdint>
#include <utility>

#include "harness/session.hpp"

namespace mullion::bench {

// The round begins with the first request. One sample spreads over `batch` requests that come at once.
class Laps {
 public:
  Laps(Session& session, std::uint64_t batch) : session_(session), batch_(batch) {}

  // The asker does something else before it asks again.
  void pause() { running_ = false; }
  void request() {
    if (over_) return;
    if (!std::exchange(begun_, true)) session_.begin();
    if (!std::exchange(running_, true)) return start();
    if (++count_ % batch_ == 0) over_ = !session_.lap(batch_);
  }
  bool over() const { return over_; }

 private:
  void start() {
    count_ = 0;
    session_.start();
  }

  Session& session_;
  std::uint64_t batch_;
  std::uint64_t count_ = 0;
  bool begun_ = false;
  bool running_ = false;
  bool over_ = false;
};

}  // namespace mullion::bench
