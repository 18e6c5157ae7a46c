// The two kinds of an FdWatch: libuv's, and those of an embedded Loop.
#pragma once

#include "base/loop_state.hpp"

namespace mullion::detail {

struct WatchState : Handle {
  std::move_only_function<void(int)> f;
  int fd = -1;
  int events = 0;

  virtual int watch(int wanted) = 0;
  void drop_callback() override { auto last = std::move(f); }
  // The reader meets the error itself, behind what was received before it.
  void report_error() noexcept { call(f, FdWatch::readable | FdWatch::hang_up | (events & FdWatch::writable)); }
};

struct UvWatch final : WatchState {
  uv_poll_t poll{};

  int watch(int wanted) override;
  void report(int status, int seen) noexcept;
};

struct OwnWatch final : WatchState, std::enable_shared_from_this<OwnWatch> {
  explicit OwnWatch(OwnWatches& all) : watches(all) {}

  OwnWatches& watches;
  std::uint64_t key = 0;  // in the epoll; 0 is not there

  int watch(int wanted) override;
  void report(std::uint32_t seen) noexcept;
  void detach() override { watch(0); }
};

}  // namespace mullion::detail
