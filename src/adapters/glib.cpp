#include "mullion/adapters/glib.hpp"

#include <glib.h>

namespace mullion::adapters {

namespace {

struct Source {
  GSource base;
  Loop* loop;
  gpointer watched;
};

Source& of(GSource* source) { return *reinterpret_cast<Source*>(source); }

gboolean prepare(GSource* source, gint* timeout) {
  *timeout = of(source).loop->timeout();
  return *timeout == 0;
}

gboolean check(GSource* source) {
  auto& own = of(source);
  return g_source_query_unix_fd(source, own.watched) != 0 || own.loop->timeout() == 0;
}

gboolean dispatch(GSource* source, GSourceFunc, gpointer) {
  of(source).loop->dispatch();
  return G_SOURCE_CONTINUE;
}

GSourceFuncs functions{prepare, check, dispatch, nullptr, nullptr, nullptr};

}  // namespace

std::unique_ptr<GlibSource> GlibSource::attach(Loop& loop, GMainContext* context) {
  auto* source = g_source_new(&functions, sizeof(Source));
  of(source).loop = &loop;
  of(source).watched = g_source_add_unix_fd(source, loop.fd(), G_IO_IN);
  g_source_set_name(source, "mullion::Loop");
  g_source_attach(source, context ? context : g_main_context_get_thread_default());
  return std::unique_ptr<GlibSource>(new GlibSource(source));
}

GlibSource::~GlibSource() {
  g_source_destroy(source_);
  g_source_unref(source_);
}

}  // namespace mullion::adapters
