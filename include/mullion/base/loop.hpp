// The event loop that a role's objects live on: libuv, run by Mullion or embedded in another loop.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "mullion/base/error.hpp"

struct uv_loop_s;

namespace mullion {

namespace detail {
struct LoopState;
struct TimerState;
struct WatchState;
}  // namespace detail

// Posts to a loop from any thread. Copyable; may outlive the loop, and then answers `disconnected`.
class Poster {
 public:
  Result<> post(std::move_only_function<void()> task) const;

 private:
  friend class Loop;
  explicit Poster(std::shared_ptr<detail::LoopState> state) : state_(std::move(state)) {}
  std::shared_ptr<detail::LoopState> state_;
};

// One thread's event loop. Everything but `post`, `poster` and `on_loop_thread` belongs to the thread that runs it.
//
//   auto loop = Loop::create();
//   (*loop)->defer([&] { (*loop)->stop(); });
//   (*loop)->run();
//
// Embedding: watch fd() for reading in the foreign loop, wake after timeout() milliseconds at the latest, and call
// dispatch() then. dispatch() never blocks.
class Loop {
 public:
  static Result<std::unique_ptr<Loop>> create();
  // Uses a libuv loop that the program owns and runs; it must outlive the Loop.
  static Result<std::unique_ptr<Loop>> attach(uv_loop_s* loop);
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  Result<> run();  // until stop(); `failed` when called while it runs
  void stop();     // run() returns at the end of this turn; before run(), run() returns at once

  int fd() const;       // readable when dispatch() has something to do
  int timeout() const;  // milliseconds until dispatch() has something to do; -1: not before fd() is readable
  void dispatch();      // one turn that does not block

  Result<> post(std::move_only_function<void()> task);  // any thread; runs on the loop's thread, in order
  Poster poster() const;
  // Runs at the end of the present turn, before the loop sleeps: the place to flush what a turn has gathered.
  void defer(std::move_only_function<void()> task);
  bool on_loop_thread() const;
  uv_loop_s* native() const;

 private:
  explicit Loop(std::shared_ptr<detail::LoopState> state);
  std::shared_ptr<detail::LoopState> state_;
};

// Calls back after a delay, once or repeatedly, until it ends. Milliseconds. Loop thread.
class Timer {
 public:
  Timer() = default;
  Timer(Loop& loop, std::uint64_t delay_ms, std::move_only_function<void()> f, std::uint64_t repeat_ms = 0);
  Timer(Timer&&) noexcept;
  Timer& operator=(Timer&&) noexcept;
  ~Timer();

 private:
  std::shared_ptr<detail::TimerState> state_;
};

// Calls back while a descriptor is readable or writable, until it ends. The descriptor stays the caller's and must
// outlive the watch. A callback may end its own watch. Loop thread.
class FdWatch {
 public:
  enum Events : int { readable = 1, writable = 2, hang_up = 4 };
  FdWatch() = default;
  static Result<FdWatch> start(Loop& loop, int fd, int events, std::move_only_function<void(int events)> f);
  FdWatch(FdWatch&&) noexcept;
  FdWatch& operator=(FdWatch&&) noexcept;
  ~FdWatch();
  void watch(int events);  // changes what is watched

 private:
  std::shared_ptr<detail::WatchState> state_;
};

}  // namespace mullion
