#include "script/jsc/glib_pump.hpp"

namespace mullion::script::jsc {
namespace {

// Ownerless polling: sources attached by this thread wake the context too, although nobody iterates it just then.
GMainContext* thread_context() {
  if (GMainContext* context = g_main_context_get_thread_default()) return g_main_context_ref(context);
  GMainContext* context = g_main_context_new_with_flags(G_MAIN_CONTEXT_FLAGS_OWNERLESS_POLLING);
  g_main_context_push_thread_default(context);
  return context;
}

int loop_events(const GPollFD& polled) {
  return (polled.events & G_IO_IN ? FdWatch::readable : 0) | (polled.events & G_IO_OUT ? FdWatch::writable : 0);
}

}  // namespace

Result<std::unique_ptr<GlibPump>> GlibPump::start(Loop& loop) {
  std::unique_ptr<GlibPump> pump(new GlibPump(loop, thread_context()));
  if (auto prepared = pump->prepare(); !prepared) return std::unexpected(prepared.error());
  return pump;
}

GlibPump::GlibPump(Loop& loop, GMainContext* context) : loop_(loop), context_(context), polled_(4) {}

GlibPump::~GlibPump() { g_main_context_unref(context_); }

Result<> GlibPump::prepare() {
  int priority = 0;
  int timeout = -1;
  if (g_main_context_prepare(context_, &priority)) timeout = 0;
  int wanted = 0;
  int due = -1;
  auto query = [&] { return g_main_context_query(context_, priority, &due, polled_.data(), int(polled_.size())); };
  while ((wanted = query()) > int(polled_.size())) polled_.resize(wanted);
  if (timeout < 0) timeout = due;
  if (timeout >= 0)
    wake(timeout);
  else
    timer_ = Timer();
  return watch({polled_.data(), std::size_t(wanted)});
}

void GlibPump::wake(std::uint64_t delay_ms) {
  timer_ = Timer(loop_, delay_ms, [this] { dispatch(); });
}

Result<> GlibPump::watch(std::span<const GPollFD> polled) {
  watched_.resize(polled.size());
  for (std::size_t i = 0; i < polled.size(); ++i) {
    Watched& at = watched_[i];
    int events = loop_events(polled[i]);
    if (at.fd == polled[i].fd && at.events == events) continue;
    at = {};  // a descriptor is watched once at a time
    auto started = FdWatch::start(loop_, polled[i].fd, events, [this](int) { dispatch(); });
    if (!started) return std::unexpected(started.error());
    at = {polled[i].fd, events, std::move(*started)};
  }
  return {};
}

void GlibPump::dispatch() {
  for (int turns = 0; turns < 16 && g_main_context_iteration(context_, FALSE); ++turns) continue;
  (void)prepare();  // watching an open descriptor does not fail
}

}  // namespace mullion::script::jsc
