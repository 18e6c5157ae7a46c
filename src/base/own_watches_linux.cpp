#include "base/own_watches.hpp"

#include <sys/epoll.h>

#include <utility>

#include "base/watch_state.hpp"

namespace mullion::detail {
namespace {

constexpr int most_at_once = 64;

std::uint32_t to_epoll(int events) {
  return (events & FdWatch::readable ? EPOLLIN : 0u) | (events & FdWatch::writable ? EPOLLOUT : 0u) |
         (events & FdWatch::hang_up ? EPOLLRDHUP : 0u);
}

int from_epoll(std::uint32_t events) {
  return (events & EPOLLIN ? FdWatch::readable : 0) | (events & EPOLLOUT ? FdWatch::writable : 0) |
         (events & EPOLLRDHUP ? FdWatch::hang_up : 0);
}

}  // namespace

Result<std::unique_ptr<OwnWatches>> OwnWatches::create(int backend) {
  UniqueFd epoll(epoll_create1(EPOLL_CLOEXEC));
  epoll_event event{.events = EPOLLIN, .data = {.u64 = 0}};
  if (!epoll || epoll_ctl(epoll.get(), EPOLL_CTL_ADD, backend, &event) != 0) {
    return std::unexpected(errno_error("Cannot make a loop's epoll"));
  }
  return std::unique_ptr<OwnWatches>(new OwnWatches(std::move(epoll)));
}

// Who watches for nothing must leave: the kernel would report errors all the same.
int OwnWatches::set(const std::shared_ptr<OwnWatch>& watch, std::uint32_t events) {
  if (!events && !watch->key) return 0;
  const bool known = watch->key != 0;
  epoll_event event{.events = events, .data = {.u64 = known ? watch->key : ++last_key_}};
  const int change = !events ? EPOLL_CTL_DEL : known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
  const int status = epoll_ctl(epoll_.get(), change, watch->fd, &event) == 0 ? 0 : -errno;
  if (!events) {
    watches_.erase(std::exchange(watch->key, 0));
  } else if (!known && status == 0) {
    watch->key = event.data.u64;
    watches_.emplace(watch->key, watch);
  }
  return status;
}

// A report may end any watch, also one whose own report has been fetched already.
void OwnWatches::report(int timeout_ms) {
  epoll_event ready[most_at_once];
  const int count = epoll_wait(epoll_.get(), ready, most_at_once, timeout_ms);
  for (int i = 0; i < count; ++i) {
    const std::uint64_t key = ready[i].data.u64;  // by value: the kernel's struct is packed
    const auto found = watches_.find(key);
    if (found == watches_.end()) continue;
    const auto watch = found->second;
    watch->report(ready[i].events);
  }
}

int OwnWatch::watch(int wanted) {
  events = wanted;
  return watches.set(shared_from_this(), to_epoll(wanted));
}

// As libuv has it: only what is wanted is told, and a hang-up alone stands for all that is wanted.
void OwnWatch::report(std::uint32_t seen) noexcept {
  const auto wanted = to_epoll(events);
  if (seen & EPOLLERR) return report_error();
  const auto told = seen & wanted ? seen & wanted : wanted;
  call(f, from_epoll(told));
}

}  // namespace mullion::detail
