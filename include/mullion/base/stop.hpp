// Stop tokens on a loop. <stop_token> costs a fifth of what a role header may, so only who stops includes this.
#pragma once

#include <functional>
#include <memory>
#include <stop_token>

#include "mullion/base/loop.hpp"

namespace mullion {

// Calls back on the loop, in a later turn and once, when `token` is asked to stop, from whatever thread; not any more
// after it has ended. When the loop has ended it does not call. Loop thread.
//
//   StopWatch watch(loop, token, [&] { cancel(); });
class StopWatch {
 public:
  StopWatch(Loop& loop, std::stop_token token, std::move_only_function<void()> f);
  StopWatch(StopWatch&&) noexcept;
  StopWatch& operator=(StopWatch&&) noexcept;
  ~StopWatch();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace mullion
