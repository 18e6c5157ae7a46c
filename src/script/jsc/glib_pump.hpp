// Drives a GMainContext from a Loop.
#pragma once

#include <glib.h>

#include <memory>
#include <span>
#include <vector>

#include "mullion/base/loop.hpp"

namespace mullion::script::jsc {

// The thread's default GMainContext, made and pushed if there is none, dispatched whenever one of its descriptors or
// its timeout is due, until the pump ends. Loop thread.
class GlibPump {
 public:
  static Result<std::unique_ptr<GlibPump>> start(Loop& loop);
  ~GlibPump();
  GlibPump(const GlibPump&) = delete;
  GlibPump& operator=(const GlibPump&) = delete;

 private:
  struct Watched {
    int fd = -1;
    int events = 0;
    FdWatch watch{};
  };

  GlibPump(Loop& loop, GMainContext* context);
  Result<> prepare();  // asks the context what to wait for, and waits for it
  Result<> watch(std::span<const GPollFD> polled);
  void wake(std::uint64_t delay_ms);
  void dispatch();

  Loop& loop_;
  GMainContext* context_;
  std::vector<GPollFD> polled_;
  std::vector<Watched> watched_;
  Timer timer_;
};

}  // namespace mullion::script::jsc
