#include "mullion/base/pump.hpp"

#include <pthread.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <atomic>
#include <system_error>
#include <thread>
#include <utility>

#include "base/loop_state.hpp"
#include "base/signals_blocked.hpp"

namespace mullion {
namespace detail {
namespace {

constexpr std::uint64_t never = UINT64_MAX;
enum Source : std::uint32_t { wake_source, loop_source };

std::uint64_t now_ms() { return uv_hrtime() / 1'000'000; }

int milliseconds_until(std::uint64_t time) {
  if (time == never) return -1;
  const auto now = now_ms();
  return time <= now ? 0 : static_cast<int>(std::min<std::uint64_t>(time - now, INT32_MAX));
}

}  // namespace

// Our thread reports the loop's descriptor once and then leaves it alone until the host has turned the loop and armed
// it again: one system call of the host, no wake of ours.
struct PumpState final : Driver, std::enable_shared_from_this<PumpState> {
  PumpState(LoopState& on, Pump::Post by) : loop(&on), post(std::move(by)) {}

  Result<> open();
  void end();
  void request();

  void touched() override { request(); }
  void host_waits(bool so) override;

  LoopState* loop;  // the host's thread's, like the next two; null at the end
  bool turning = false;
  int waits = 0;
  const Pump::Post post;
  UniqueFd epoll;
  UniqueFd wake;
  std::thread thread;

  std::atomic<bool> ended = false;
  std::atomic<bool> posted = false;
  std::atomic<bool> aside = false;
  std::atomic<bool> missed = false;  // something came while aside
  std::atomic<bool> armed = false;
  std::atomic<std::uint64_t> due = never;  // milliseconds of uv_hrtime

 private:
  void turn();
  void arm();
  void run();
  void look();
  bool was_due();
  void came();
};

Result<> PumpState::open() {
  epoll = UniqueFd(epoll_create1(EPOLL_CLOEXEC));
  wake = UniqueFd(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  epoll_event woken{.events = EPOLLIN, .data = {.u32 = wake_source}};
  epoll_event asleep{.events = EPOLLONESHOT, .data = {.u32 = loop_source}};
  if (!epoll || !wake || epoll_ctl(epoll.get(), EPOLL_CTL_ADD, wake.get(), &woken) != 0 ||
      epoll_ctl(epoll.get(), EPOLL_CTL_ADD, loop->fd(), &asleep) != 0) {
    return std::unexpected(errno_error("Cannot make a pump's epoll"));
  }
  const SignalsBlocked blocked;  // the thread inherits it: no handler of the program runs there
  try {
    thread = std::thread([this] { run(); });
  } catch (const std::system_error& e) {
    return std::unexpected(errno_error("Cannot start a pump's thread", e.code().value()));
  }
  return {};
}

void PumpState::end() {
  ended = true;
  loop->driver = nullptr;
  loop = nullptr;
  eventfd_write(wake.get(), 1);
  thread.join();
}

void PumpState::request() {
  if (posted.exchange(true)) return;
  post([weak = weak_from_this()] {
    if (auto self = weak.lock()) self->turn();
  });
}

// ---- the host's thread

void PumpState::turn() {
  posted = false;
  if (!loop || turning) return;
  turning = true;
  if (!loop->running) loop->turn(UV_RUN_NOWAIT);
  turning = false;
  if (loop) arm();
}

void PumpState::arm() {
  const int timeout = loop->timeout();
  if (timeout == 0) return request();
  const auto next = timeout < 0 ? never : uv_now(loop->loop) + static_cast<std::uint64_t>(timeout);
  const auto before = due.exchange(next);
  if (!armed.exchange(true)) {
    epoll_event event{.events = EPOLLIN | EPOLLONESHOT, .data = {.u32 = loop_source}};
    epoll_ctl(epoll.get(), EPOLL_CTL_MOD, loop->fd(), &event);
  }
  if (next < before) eventfd_write(wake.get(), 1);
}

void PumpState::host_waits(bool so) {
  waits += so ? 1 : -1;
  aside = waits > 0;
  if (waits == 0 && missed.exchange(false)) request();
}

// ---- our thread

void PumpState::run() {
  while (!ended) look();
}

void PumpState::look() {
  epoll_event events[2];
  const int count = epoll_wait(epoll.get(), events, 2, milliseconds_until(due));
  bool some = false;
  for (int i = 0; i < count; ++i) {
    if (events[i].data.u32 == loop_source) {
      armed = false;
      some = true;
    } else {
      eventfd_t wakes = 0;
      eventfd_read(wake.get(), &wakes);
    }
  }
  if ((was_due() || some) && !ended) came();
}

// True once: the host sets the next time when it has turned the loop.
bool PumpState::was_due() {
  auto time = due.load();
  return time <= now_ms() && due.compare_exchange_strong(time, never);
}

// Either the host sees that something was missed, or we see that it waits no longer.
void PumpState::came() {
  if (aside) {
    missed = true;
    if (aside || !missed.exchange(false)) return;
  }
  request();
}

}  // namespace detail

HostWaits::HostWaits(Loop& loop) : loop_(loop), told_(loop.state_->driver) {
  if (told_) told_->host_waits(true);
}

HostWaits::~HostWaits() {
  if (told_ && told_ == loop_.state_->driver) told_->host_waits(false);
}

Result<std::unique_ptr<Pump>> Pump::start(Loop& loop, Post post) {
  if (loop.state_->driver) return std::unexpected(Error{Kind::failed, "driven", "The loop has a pump already."});
  auto state = std::make_shared<detail::PumpState>(*loop.state_, std::move(post));
  if (auto opened = state->open(); !opened) return std::unexpected(opened.error());
  loop.state_->driver = state.get();
  state->request();
  return std::unique_ptr<Pump>(new Pump(std::move(state)));
}

Pump::Pump(std::shared_ptr<detail::PumpState> state) : state_(std::move(state)) {}
Pump::~Pump() { state_->end(); }

}  // namespace mullion
