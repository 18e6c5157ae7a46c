#include <fcntl.h>

#include "base/watch_state.hpp"

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

std::string cannot_watch(int fd) { return "Cannot watch descriptor " + std::to_string(fd); }

}  // namespace

int UvWatch::watch(int wanted) {
  events = wanted;
  if (!wanted) return uv_poll_stop(&poll);
  return uv_poll_start(&poll, to_uv(wanted), [](uv_poll_t* poll, int status, int seen) {
    static_cast<UvWatch*>(static_cast<Handle*>(poll->data))->report(status, seen);
  });
}

// libuv answers POLLERR with EBADF and stops watching. What was received before the error can still be read.
void UvWatch::report(int status, int seen) noexcept {
  if (status >= 0) return call(f, from_uv(seen));
  report_error();
  if (!ended() && events && !uv_is_active(reinterpret_cast<uv_handle_t*>(&poll)) && fcntl(fd, F_GETFD) >= 0) {
    watch(events);
  }
}

namespace {

Result<> make_non_blocking(int fd) {
  const int flags = fcntl(fd, F_GETFL);
  if (flags >= 0 && ((flags & O_NONBLOCK) != 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0)) return {};
  return std::unexpected(errno_error(cannot_watch(fd)));
}

Result<std::shared_ptr<WatchState>> start_uv(LoopState& loop, int fd) {
  auto watch = std::make_shared<UvWatch>();
  if (int status = uv_poll_init(loop.loop, &watch->poll, fd))
    return std::unexpected(uv_error(cannot_watch(fd), status));
  watch->fd = fd;
  watch->open(loop, reinterpret_cast<uv_handle_t*>(&watch->poll), watch);
  return watch;
}

// Tried with an event that comes to nothing: whether it can be watched must be known also where nothing is wanted yet.
Result<std::shared_ptr<WatchState>> start_own(LoopState& loop, int fd) {
  if (auto made = make_non_blocking(fd); !made) return std::unexpected(made.error());
  auto watch = std::make_shared<OwnWatch>(*loop.own_watches);
  watch->fd = fd;
  if (int status = watch->watch(FdWatch::hang_up)) return std::unexpected(uv_error(cannot_watch(fd), status));
  watch->open(loop, nullptr, watch);
  return watch;
}

}  // namespace

}  // namespace detail

Result<FdWatch> FdWatch::start(Loop& loop, int fd, int events, std::move_only_function<void(int events)> f) {
  auto state = loop.state_->own_watches ? detail::start_own(*loop.state_, fd) : detail::start_uv(*loop.state_, fd);
  if (!state) return std::unexpected(state.error());
  FdWatch result;
  result.state_ = std::move(*state);
  result.state_->f = std::move(f);
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
