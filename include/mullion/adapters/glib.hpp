// A Loop in a program whose loop is GLib's: GTK, GStreamer, Chromium's own.
#pragma once

#include <memory>

#include "mullion/base/loop.hpp"

typedef struct _GMainContext GMainContext;
typedef struct _GSource GSource;

namespace mullion::adapters {

// A GSource that turns a Loop whenever it has something to do. Link with `mullion-glib`; whoever iterates the context
// is the loop's thread.
//
//   auto loop = Loop::create();
//   auto source = adapters::GlibSource::attach(**loop);
//   auto app = main::App::attach(**loop, program);
//   gtk_main();
//
// It begins and ends on that thread, outside a turn of its Loop, and ends before its Loop and its context do.
//
// - Idle, it costs nothing: GLib's poll watches the Loop's descriptor and sleeps until its next timer.
// - What is begun between two turns (a timer, a message sent) is seen before GLib sleeps the next time.
// - It runs at G_PRIORITY_DEFAULT. A context iterated inside a turn of the Loop (a modal dialog) does not turn it again
//   until that turn has ended.
class GlibSource {
 public:
  // Null is the context of this thread: the one that was pushed as its default, else GLib's default context.
  static std::unique_ptr<GlibSource> attach(Loop& loop, GMainContext* context = nullptr);
  ~GlibSource();
  GlibSource(const GlibSource&) = delete;
  GlibSource& operator=(const GlibSource&) = delete;

 private:
  explicit GlibSource(GSource* source) : source_(source) {}
  GSource* source_;
};

}  // namespace mullion::adapters
