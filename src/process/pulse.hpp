// Whether a page's script thread answers. Private.
#pragma once

#include <cstdint>
#include <functional>

#include "mullion/base/loop.hpp"

namespace mullion::main::detail {

// Asks only while somebody waits for the page, once a second at most, and now and then while somebody looks at it: a
// page that nothing is wanted of costs nothing. Loop thread.
class Pulse {
 public:
  enum class Interest : unsigned char { none, looked_at, waited_for };
  struct Handlers {
    std::move_only_function<bool(std::uint32_t number)> ask;  // false: there is nobody to ask
    std::move_only_function<Interest()> interest;
    std::move_only_function<void(bool answers)> changed;  // false comes first, and each turn of it once
  };
  // An answer that does not come within `patience_ms` is none; with 0 nobody is asked.
  Pulse(Loop& loop, std::uint64_t patience_ms, Handlers handlers);

  void wanted();                        // something waits for the page from now on
  void answered(std::uint32_t number);  // of the question
  void begin_again();                   // another document or process answers: it is there
  void stop();                          // there is nobody any more; `changed` is not told

 private:
  enum class State : unsigned char { idle, asked, lost, rests };
  void ask();
  void rested();
  void lost();

  Loop& loop_;
  std::uint64_t patience_ms_;
  std::uint64_t rest_ms_;
  Handlers handlers_;
  State state_ = State::idle;
  bool again_ = false;  // wanted while it rests
  std::uint32_t number_ = 0;
  Timer timer_;
};

}  // namespace mullion::main::detail
