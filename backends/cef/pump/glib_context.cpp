#include "cef/pump/glib_context.hpp"

#include <sys/epoll.h>

#include <algorithm>
#include <cerrno>

namespace mullion::cef {

namespace {

// Chromium's own source, which does nothing under an external pump, always asks to be looked at at once. It hides when
// the others want that: their timers are looked at this often, if nothing else happens.
constexpr int masked_ms = 1000;

bool same(const GPollFD& a, const GPollFD& b) { return a.fd == b.fd && a.events == b.events; }

std::uint32_t epoll_events(int events) {
  return (events & G_IO_IN ? EPOLLIN : 0u) | (events & G_IO_PRI ? EPOLLPRI : 0u) | (events & G_IO_OUT ? EPOLLOUT : 0u);
}

Error not_ours() {
  return {.kind = Kind::failed,
          .code = "glib",
          .message = "another thread runs GLib's default context, which Chromium needs on this one"};
}

}  // namespace

Result<std::unique_ptr<GlibContext>> GlibContext::create(Loop& loop) {
  UniqueFd epoll(epoll_create1(EPOLL_CLOEXEC));
  if (!epoll) return std::unexpected(Error{.code = "epoll", .message = "no descriptor can be had"});
  auto* context = g_main_context_default();
  if (!g_main_context_acquire(context)) return std::unexpected(not_ours());
  std::unique_ptr<GlibContext> made(new GlibContext(loop, context, std::move(epoll)));
  auto watch = FdWatch::start(loop, made->epoll_.get(), FdWatch::readable, [self = made.get()](int) { self->turn(); });
  if (!watch) return std::unexpected(std::move(watch).error());
  made->watch_ = std::move(*watch);
  made->refresh();
  return made;
}

GlibContext::GlibContext(Loop& loop, GMainContext* context, UniqueFd epoll)
    : loop_(loop), context_(context), epoll_(std::move(epoll)) {}

GlibContext::~GlibContext() { g_main_context_release(context_); }

void GlibContext::refresh() {
  if (turning_) return;
  query();
  watch();
  timer_ = timeout_ < 0 ? Timer() : Timer(loop_, static_cast<std::uint64_t>(timeout_), [this] { turn(); });
}

void GlibContext::query() {
  bool ready = g_main_context_prepare(context_, &priority_);
  wanted_.resize(std::max<std::size_t>(wanted_.capacity(), 8));
  int count = 0;
  while ((count = g_main_context_query(context_, priority_, &timeout_, wanted_.data(),
                                       static_cast<int>(wanted_.size()))) > static_cast<int>(wanted_.size()))
    wanted_.resize(static_cast<std::size_t>(count));
  wanted_.resize(static_cast<std::size_t>(count));
  timeout_ = ready ? 1 : timeout_ == 0 ? masked_ms : timeout_;
}

void GlibContext::watch() {
  if (std::ranges::equal(wanted_, watched_, same)) return;
  for (const auto& each : watched_) epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, each.fd, nullptr);
  for (const auto& each : wanted_) {
    epoll_event event{.events = epoll_events(each.events), .data = {.fd = each.fd}};
    if (epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, each.fd, &event) != 0 && errno == EEXIST) {
      event.events = EPOLLIN | EPOLLOUT | EPOLLPRI;
      epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, each.fd, &event);
    }
  }
  watched_ = wanted_;
}

void GlibContext::turn() {
  if (std::exchange(turning_, true)) return;
  query();
  g_poll(wanted_.data(), static_cast<guint>(wanted_.size()), 0);
  if (g_main_context_check(context_, priority_, wanted_.data(), static_cast<int>(wanted_.size())))
    g_main_context_dispatch(context_);
  turning_ = false;
  refresh();
}

void GlibContext::wait(int milliseconds) const {
  epoll_event event;
  (void)epoll_wait(epoll_.get(), &event, 1, milliseconds);
}

}  // namespace mullion::cef
