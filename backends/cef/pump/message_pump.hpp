// CEF's work on a Loop's thread, when CEF asks for it.
#pragma once

#include <atomic>
#include <cstdint>
#include <limits>
#include <memory>

#include "cef/pump/glib_context.hpp"
#include "mullion/base/loop.hpp"

namespace mullion::cef {

class MessagePump : public std::enable_shared_from_this<MessagePump> {
 public:
  static Result<std::shared_ptr<MessagePump>> create(Loop& loop);

  // CEF's OnScheduleMessagePumpWork, on any thread: work() is wanted in so many milliseconds, and no longer when it
  // was wanted before.
  void schedule(std::int64_t delay_ms);
  void work();
  void stop();  // nothing is run by the loop any more
  // For the end, when the loop does not run: works until `done`, or for so many milliseconds.
  template <class Done>
  bool work_until(Done done, int milliseconds);

 private:
  explicit MessagePump(Loop& loop) : loop_(loop), poster_(loop.poster()) {}
  static constexpr std::int64_t never = std::numeric_limits<std::int64_t>::max() / 2;
  void want(std::int64_t delay_ms);
  void arm();
  static std::int64_t now_ms();

  Loop& loop_;
  Poster poster_;
  std::unique_ptr<GlibContext> glib_;
  Timer timer_;
  std::atomic<bool> posted_ = false;
  std::int64_t due_ms_ = never;  // what CEF asked for
  std::int64_t pause_ms_ = 1;
  bool working_ = false;
  bool stopped_ = false;
};

template <class Done>
bool MessagePump::work_until(Done done, int milliseconds) {
  for (auto end = now_ms() + milliseconds; !done() && now_ms() < end; glib_->wait(2)) {
    glib_->turn();
    work();
  }
  return done();
}

}  // namespace mullion::cef
