#include "cef/pump/message_pump.hpp"

#include <algorithm>
#include <chrono>

#include "include/cef_app.h"

namespace mullion::cef {

namespace {

// CEF leaves off after so long, and tells nobody that there is more; nor does it tell when what it has put off is due,
// unless another thread asked for it. So it is looked at again, ever more seldom while nothing happens.
constexpr std::int64_t slice_ms = 9;
constexpr std::int64_t first_pause_ms = 4;
constexpr std::int64_t longest_pause_ms = 1000;

}  // namespace

Result<std::shared_ptr<MessagePump>> MessagePump::create(Loop& loop) {
  std::shared_ptr<MessagePump> pump(new MessagePump(loop));
  auto glib = GlibContext::create(loop);
  if (!glib) return std::unexpected(std::move(glib).error());
  pump->glib_ = std::move(*glib);
  return pump;
}

void MessagePump::schedule(std::int64_t delay_ms) {
  if (delay_ms > 0 && loop_.on_loop_thread()) return want(delay_ms);
  if (delay_ms <= 0 && posted_.exchange(true)) return;
  (void)poster_.post([weak = weak_from_this(), delay_ms] {
    auto self = weak.lock();
    if (self && !self->stopped_) self->want(delay_ms);
  });
}

void MessagePump::want(std::int64_t delay_ms) {
  pause_ms_ = first_pause_ms;
  if (delay_ms <= 0) return work();
  due_ms_ = now_ms() + delay_ms;
  arm();
}

void MessagePump::work() {
  if (std::exchange(working_, true)) return;
  posted_ = false;
  auto began = now_ms();
  CefDoMessageLoopWork();
  if (glib_) glib_->refresh();
  working_ = false;
  auto ended = now_ms();
  if (due_ms_ <= ended) due_ms_ = never;
  if (ended - began >= slice_ms) return schedule(0);
  arm();
}

void MessagePump::arm() {
  if (stopped_) return;
  auto pause = std::clamp<std::int64_t>(due_ms_ - now_ms(), 0, pause_ms_);
  timer_ = Timer(loop_, static_cast<std::uint64_t>(pause), [this] {
    pause_ms_ = std::min(2 * pause_ms_, longest_pause_ms);
    work();
  });
}

void MessagePump::stop() {
  stopped_ = true;
  timer_ = Timer();
  glib_.reset();
}

std::int64_t MessagePump::now_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

}  // namespace mullion::cef
