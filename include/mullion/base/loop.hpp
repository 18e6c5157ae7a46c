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

// One thread's event loop. Everything but `post`, `poster` and `on_loop_thread` belongs to the thread that runs it; a
// Loop must not end inside its own turn.
//
//   auto loop = Loop::create();
//   (*loop)->defer([&] { (*loop)->stop(); });
//   (*loop)->run();
//
// Embedding: watch fd() for reading in the foreign loop, wake after timeout() milliseconds at the latest, and call
// dispatch() then. dispatch() never blocks. timeout() changes with what is started, posted and deferred: ask again
// before each sleep. A host that watches no descriptors takes a Pump (base/pump.hpp).
//
// - Tasks are destroyed right after they ran; those still waiting when the Loop ends are destroyed without running.
// - Timers and watches may outlive the Loop; they never call back after it.
// - Exceptions must not leave a callback.
class Loop {
 public:
  static Result<std::unique_ptr<Loop>> create();
  // A loop for Chromium's renderer sandbox, whose kernel filter kills a process that lets libuv watch a descriptor
  // (FIONBIO). Its watches stand in an epoll of their own, which is fd() and holds libuv's as well; they are reported
  // before the rest of a turn. run() serves too, at one system call more a turn. What native() is asked to watch
  // is libuv's affair.
  static Result<std::unique_ptr<Loop>> create_embedded();
  // Uses a libuv loop that the program owns and runs, on the thread that calls attach. Only timers, watches and what
  // was deferred, or posted on this thread, keep it alive. After the Loop has ended, let the program's loop turn once
  // more before uv_loop_close. stop() ends run(), not the program's own uv_run.
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
  // Runs at the end of the present turn, before the loop sleeps, in order: the place to flush what a turn has gathered.
  // What it defers in turn runs there too, up to 64 generations; then descriptors and timers come first.
  void defer(std::move_only_function<void()> task);
  bool on_loop_thread() const;
  uv_loop_s* native() const;

 private:
  friend class Timer;
  friend class FdWatch;
  friend class Pump;
  friend class HostWaits;
  explicit Loop(std::shared_ptr<detail::LoopState> state);
  std::shared_ptr<detail::LoopState> state_;
};

// Calls back after a delay, once or repeatedly, until it ends. Milliseconds, counted from now. A callback may end its
// own timer. Loop thread.
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

// Calls back while a descriptor is readable or writable, until it ends: what is not read is reported again. The
// descriptor stays the caller's, becomes non-blocking and must outlive the watch; a loop watches a descriptor once
// (EEXIST otherwise). A callback may end its own watch. Loop thread.
//
// - `hang_up` is reported when the other side hung up its sending half and hang_up was asked for.
// - An error of the descriptor (ECONNRESET, a pipe without readers) is reported as readable and hang_up, asked for or
//   not, again in every turn until the watch ends: read to the end, then judge, then end the watch.
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
