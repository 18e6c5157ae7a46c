#include <fcntl.h>

#include "base/loop_state.hpp"

namespace mullion {
namespace detail {
namespace {

int to_uv(int events) {
  return (events & FdWatch::readable ? UV_READABLE : 0) | (events & FdWatch::writable ? UV_WRITABLE : 0) |
         (events & FdWatch::hang_up ? UV_DISCONNECT : 0);
}

int from_uv(int events) {
  return (events & UV_READABLE ? FdWatch::readable : 0) | (events & UV_WRITABLE ? FdWatch::writable : 0) |
         (events & UV_DISCONNECT ? FdWatch::hang_up : 0);
}

}  // namespace

struct WatchState : Handle {
  uv_poll_t poll{};
  std::move_only_function<void(int)> f;
  int fd = -1;
  int events = 0;

  int watch(int wanted);
  void report(int status, int seen) noexcept;
  void drop_callback() override { auto last = std::move(f); }
};

int WatchState::watch(int wanted) {
  events = wanted;
  if (!wanted) return uv_poll_stop(&poll);
  return uv_poll_start(&poll, to_uv(wanted), [](uv_poll_t* poll, int status, int seen) {
    static_cast<WatchState*>(static_cast<Handle*>(poll->data))->report(status, seen);
  });
}

// libuv answers POLLERR with EBADF and stops watching. What was received before the error can still be read, and the
// reader meets the error itself.
void WatchState::report(int status, int seen) noexcept {
  const int before = events;
  if (status >= 0) return call(f, from_uv(seen));
  call(f, FdWatch::readable | FdWatch::hang_up | (before & FdWatch::writable));
  if (!ended() && events && !uv_is_active(reinterpret_cast<uv_handle_t*>(&poll)) && fcntl(fd, F_GETFD) >= 0) {
    watch(events);
  }
}

}  // namespace detail

Result<FdWatch> FdWatch::start(Loop& loop, int fd, int events, std::move_only_function<void(int events)> f) {
  auto state = std::make_shared<detail::WatchState>();
  if (int status = uv_poll_init(loop.native(), &state->poll, fd)) {
    return std::unexpected(detail::uv_error("Cannot watch descriptor " + std::to_string(fd), status));
  }
  state->f = std::move(f);
  state->fd = fd;
  state->open(*loop.state_, reinterpret_cast<uv_handle_t*>(&state->poll), state);
  FdWatch result;
  result.state_ = std::move(state);
  result.state_->watch(events);
  return result;
}

FdWatch::FdWatch(FdWatch&&) noexcept = default;
FdWatch& FdWatch::operator=(FdWatch&& other) noexcept {
  auto replaced = std::exchange(state_, std::move(other.state_));
  if (replaced) replaced->end();
  return *this;
}
FdWatch::~FdWatch() {
  if (state_) state_->end();
}

void FdWatch::watch(int events) {
  if (state_ && !state_->ended() && events != state_->events) state_->watch(events);
}

}  // namespace mullion
