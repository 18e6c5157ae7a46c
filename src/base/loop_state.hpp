// The libuv half of Loop, which its timers and watches share.
#pragma once

#include <uv.h>

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "base/driver.hpp"
#include "base/own_watches.hpp"
#include "mullion/base/loop.hpp"

namespace mullion::detail {

using Action = std::move_only_function<void()>;

Error uv_error(std::string_view what, int status);

// What a loop ends if its owner does not, whichever is first. Most are handles of libuv, whose memory stays until libuv
// has let go of it.
class Handle {
 public:
  Handle() = default;
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  virtual ~Handle() = default;

  void open(LoopState& loop, uv_handle_t* raw, std::shared_ptr<Handle> self);  // raw may be null
  void end();
  bool ended() const { return !previous_; }

 protected:
  // Calls the user's function, which may end this handle and thereby itself.
  template <class F, class... A>
  void call(F& f, A... arguments) {
    calling_ = true;
    f(arguments...);
    calling_ = false;
    if (ended()) drop_callback();
  }
  virtual void drop_callback() = 0;
  virtual void detach() {}  // in place of uv_close where libuv knows nothing of it

 private:
  uv_handle_t* raw_ = nullptr;
  std::shared_ptr<Handle> self_;
  Handle* next_ = nullptr;
  Handle** previous_ = nullptr;  // what points to this one in the loop's list; null when ended
  bool calling_ = false;
};

// Outlives the Loop in its Posters and until libuv has closed the four handles.
struct LoopState {
  uv_loop_t* loop = nullptr;
  std::unique_ptr<uv_loop_t> owned;         // empty when attached
  std::unique_ptr<OwnWatches> own_watches;  // of an embedded loop
  Driver* driver = nullptr;
  uv_async_t wake{};
  uv_prepare_t before_sleep{};
  uv_check_t after_sleep{};
  uv_idle_t no_sleep{};  // active while something is deferred
  int closing = 0;
  std::shared_ptr<LoopState> self;
  Handle* handles = nullptr;

  std::vector<Action> deferred;
  std::vector<Action> spare;  // the last batch's memory
  bool running = false;
  bool stopping = false;
  bool posted_here = false;  // the loop's own thread has posted: an attached loop stays alive for it
  std::atomic<uv_thread_t> thread = uv_thread_self();

  std::mutex mutex;
  std::vector<Action> posted;  // under mutex
  bool ended = false;          // written under mutex by the loop's thread
  std::atomic<int> waking = 0;

  int open();
  void end();
  Result<> post(Action task);
  void defer(Action task);
  void turn(uv_run_mode mode);
  void turns_until_stop();
  int timeout();
  void touched();  // from outside a turn something was begun that timeout() must tell of
  int fd() const { return own_watches ? own_watches->fd() : uv_backend_fd(loop); }
  bool on_loop_thread() const { return thread.load(std::memory_order_relaxed) == uv_thread_self(); }

 private:
  void hold();
  void run_posted();
  void run_deferred();
  void drop_tasks();
  void close_handles();
  template <class H, void (LoopState::*method)()>
  static void callback(H* handle) noexcept;
};

}  // namespace mullion::detail
