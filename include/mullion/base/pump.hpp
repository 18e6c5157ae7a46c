// A Loop on a thread whose owner watches no descriptors for it: CEF's renderer, a game's frame, a script engine's
// thread.
#pragma once

#include <functional>
#include <memory>

#include "mullion/base/loop.hpp"

namespace mullion {

namespace detail {
struct PumpState;
}

// Turns a Loop on a thread that runs only what is posted to it. One thread of ours sleeps until the Loop has something
// to do and then posts one task, which calls dispatch() on the host's thread.
//
//   auto loop = Loop::create_embedded();
//   auto pump = Pump::start(**loop, [](auto task) { CefPostTask(TID_RENDERER, closure_of(std::move(task))); });
//
// The Pump begins and ends on the host's thread, and ends before its Loop.
//
// - At most one task is posted and has not run. What begins between two turns (a record sent, a timer) posts one too,
//   so that the host calls nothing by itself.
// - Idle, it costs nothing. A turn costs one task and, where a descriptor caused it, one wake of our thread.
// - While the host's thread is in Link::wait our thread steps aside; what came meanwhile is turned to afterwards.
// - A nested message loop that runs a task inside a turn finds it empty: the Loop goes on after that turn.
// - A host that runs no task any more, or drops one, leaves the Loop at rest; nothing waits for it, nor does the end.
class Pump {
 public:
  using Task = std::move_only_function<void()>;
  // Called on our thread, on the host's, and perhaps on both at once; already from within start(). Must not wait for
  // the host's thread. A task may be run, or destroyed, at any time and also after the Pump has ended.
  using Post = std::move_only_function<void(Task task) const>;

  // `failed`, code "driven": the Loop has a Pump. errno's name: no thread or no descriptor can be had.
  static Result<std::unique_ptr<Pump>> start(Loop& loop, Post post);
  ~Pump();
  Pump(const Pump&) = delete;
  Pump& operator=(const Pump&) = delete;

 private:
  explicit Pump(std::shared_ptr<detail::PumpState> state);
  std::shared_ptr<detail::PumpState> state_;
};

}  // namespace mullion
