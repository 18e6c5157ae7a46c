// GLib's default context, turned by a Loop: Chromium's X events come by it.
#pragma once

#include <glib.h>

#include <memory>
#include <vector>

#include "mullion/base/loop.hpp"
#include "mullion/base/unique_fd.hpp"

namespace mullion::cef {

// Owns the context while it lives. What is added to it on this thread is seen at refresh(), which belongs after each
// call into code that may do so; other threads wake it themselves.
class GlibContext {
 public:
  static Result<std::unique_ptr<GlibContext>> create(Loop& loop);
  ~GlibContext();
  GlibContext(const GlibContext&) = delete;
  GlibContext& operator=(const GlibContext&) = delete;

  void refresh();                     // asks GLib what it waits for
  void turn();                        // dispatches what is ready, and does not block
  void wait(int milliseconds) const;  // until something may be ready

 private:
  GlibContext(Loop& loop, GMainContext* context, UniqueFd epoll);
  void query();
  void watch();

  Loop& loop_;
  GMainContext* context_;
  UniqueFd epoll_;  // holds GLib's descriptors, so that they stay as GLib left them
  FdWatch watch_;
  Timer timer_;
  std::vector<GPollFD> wanted_;
  std::vector<GPollFD> watched_;
  int priority_ = 0;
  int timeout_ = -1;
  bool turning_ = false;
};

}  // namespace mullion::cef
