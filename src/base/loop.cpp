#include "mullion/base/loop.hpp"

#include <cassert>

#include "base/loop_state.hpp"

namespace mullion {
namespace detail {
namespace {

// A chain of tasks that defer the next one yields to descriptors and timers after this many.
constexpr int deferred_rounds = 64;
constexpr std::size_t spare_tasks = 1024;

template <class H>
uv_handle_t* raw(H& handle) {
  return reinterpret_cast<uv_handle_t*>(&handle);
}

void close_if_open(uv_handle_t* handle, void*) {
  if (!uv_is_closing(handle)) uv_close(handle, nullptr);
}

}  // namespace

Error uv_error(std::string_view what, int status) { return errno_error(what, -status); }

void Handle::open(LoopState& loop, uv_handle_t* raw, std::shared_ptr<Handle> self) {
  raw_ = raw;
  if (raw_) raw_->data = this;
  self_ = std::move(self);
  next_ = loop.handles;
  if (next_) next_->previous_ = &next_;
  previous_ = &loop.handles;
  loop.handles = this;
}

void Handle::end() {
  if (ended()) return;
  *previous_ = next_;
  if (next_) next_->previous_ = previous_;
  previous_ = nullptr;
  const auto held = self_;
  if (raw_) {
    uv_close(raw_, [](uv_handle_t* raw) { auto last = std::move(static_cast<Handle*>(raw->data)->self_); });
  } else {
    detach();
    self_.reset();
  }
  if (!calling_) drop_callback();
}

template <class H, void (LoopState::*method)()>
void LoopState::callback(H* handle) noexcept {
  auto& state = *static_cast<LoopState*>(handle->data);
  state.thread.store(uv_thread_self(), std::memory_order_relaxed);
  (state.*method)();
}

int LoopState::open() {
  if (int status = uv_async_init(loop, &wake, callback<uv_async_t, &LoopState::run_posted>)) return status;
  uv_prepare_init(loop, &before_sleep);
  uv_check_init(loop, &after_sleep);
  uv_idle_init(loop, &no_sleep);
  wake.data = before_sleep.data = after_sleep.data = no_sleep.data = this;
  uv_prepare_start(&before_sleep, callback<uv_prepare_t, &LoopState::run_deferred>);
  uv_check_start(&after_sleep, callback<uv_check_t, &LoopState::run_deferred>);
  uv_unref(raw(before_sleep));
  uv_unref(raw(after_sleep));
  hold();
  return 0;
}

// A loop of our own never runs out of work by itself; a program's does as if we were not there.
void LoopState::hold() {
  if (owned || running || posted_here) {
    uv_ref(raw(wake));
  } else {
    uv_unref(raw(wake));
  }
}

Result<> LoopState::post(Action task) {
  {
    std::lock_guard lock(mutex);
    if (ended) return std::unexpected(Error{Kind::disconnected, "loop-ended", "The loop has ended."});
    posted.push_back(std::move(task));
    if (posted.size() > 1) return {};  // the first one's poster wakes the loop
    ++waking;
  }
  // Outside the lock, or the thread that it wakes would wait for us; end() waits for `waking` to fall.
  if (!owned && on_loop_thread()) {
    posted_here = true;
    hold();
  }
  uv_async_send(&wake);
  --waking;
  return {};
}

void LoopState::run_posted() {
  std::vector<Action> batch;
  {
    std::lock_guard lock(mutex);
    batch.swap(posted);
  }
  posted_here = false;
  hold();
  for (Action& next : batch) {
    if (ended) return;
    auto task = std::move(next);
    task();
  }
}

void LoopState::defer(Action task) {
  if (ended) return;
  deferred.push_back(std::move(task));
  if (deferred.size() > 1) return;
  uv_idle_start(&no_sleep, [](uv_idle_t*) {});
  touched();
}

void LoopState::touched() {
  if (driver && !running) driver->touched();
}

void LoopState::run_deferred() {
  for (int round = 0; round < deferred_rounds && !deferred.empty(); ++round) {
    auto batch = std::exchange(deferred, std::move(spare));
    for (Action& next : batch) {
      if (ended) return;
      auto task = std::move(next);
      task();
    }
    batch.clear();
    if (batch.capacity() <= spare_tasks) spare = std::move(batch);
  }
  if (deferred.empty() && !ended) uv_idle_stop(&no_sleep);
}

void LoopState::turn(uv_run_mode mode) {
  running = true;
  thread.store(uv_thread_self(), std::memory_order_relaxed);
  hold();
  if (own_watches) own_watches->report(0);
  uv_run(loop, mode);
  running = false;
  hold();
}

// libuv has nothing to sleep for here, and is not told to stop: what a turn has begun it ends.
void LoopState::turns_until_stop() {
  running = true;
  thread.store(uv_thread_self(), std::memory_order_relaxed);
  while (!stopping) {
    own_watches->report(timeout());
    uv_run(loop, UV_RUN_NOWAIT);
  }
  running = false;
}

int LoopState::timeout() {
  {
    std::lock_guard lock(mutex);
    if (!posted.empty()) return 0;
  }
  uv_update_time(loop);
  uv_ref(raw(wake));  // to libuv a loop without work is a reason not to sleep
  int milliseconds = uv_backend_timeout(loop);
  hold();
  return milliseconds;
}

void LoopState::drop_tasks() {
  std::vector<Action> tasks;
  {
    std::lock_guard lock(mutex);
    ended = true;
    tasks.swap(posted);
  }
  while (waking != 0) uv_sleep(0);
  tasks.clear();
  tasks.swap(deferred);
}

void LoopState::close_handles() {
  for (uv_handle_t* handle : {raw(wake), raw(before_sleep), raw(after_sleep), raw(no_sleep)}) {
    ++closing;
    uv_close(handle, [](uv_handle_t* closed) {
      auto& state = *static_cast<LoopState*>(closed->data);
      if (--state.closing == 0) auto last = std::move(state.self);
    });
  }
}

void LoopState::end() {
  assert(!running && "a Loop ended inside its own turn");
  drop_tasks();
  while (handles) handles->end();
  own_watches.reset();
  close_handles();
  if (!owned) return;
  auto last = self;
  uv_walk(loop, close_if_open, nullptr);
  do uv_run(loop, UV_RUN_DEFAULT);
  while (uv_loop_close(loop) == UV_EBUSY);
}

}  // namespace detail

Result<> Poster::post(std::move_only_function<void()> task) const { return state_->post(std::move(task)); }

Loop::Loop(std::shared_ptr<detail::LoopState> state) : state_(std::move(state)) {}
Loop::~Loop() { state_->end(); }

Result<std::unique_ptr<Loop>> Loop::create() {
  auto state = std::make_shared<detail::LoopState>();
  auto own = std::make_unique<uv_loop_t>();
  if (int status = uv_loop_init(own.get())) return std::unexpected(detail::uv_error("Cannot make a loop", status));
  state->owned = std::move(own);
  state->loop = state->owned.get();
  if (int status = state->open()) {
    uv_loop_close(state->loop);
    return std::unexpected(detail::uv_error("Cannot make a loop's wake-up", status));
  }
  state->self = state;
  return std::unique_ptr<Loop>(new Loop(std::move(state)));
}

Result<std::unique_ptr<Loop>> Loop::create_embedded() {
  auto loop = create();
  if (!loop) return loop;
  auto& state = *(*loop)->state_;
  auto watches = detail::OwnWatches::create(uv_backend_fd(state.loop));
  if (!watches) return std::unexpected(watches.error());
  state.own_watches = std::move(*watches);
  return loop;
}

Result<std::unique_ptr<Loop>> Loop::attach(uv_loop_t* loop) {
  if (!loop) return std::unexpected(Error{Kind::invalid, "loop", "Loop::attach was given no loop."});
  auto state = std::make_shared<detail::LoopState>();
  state->loop = loop;
  if (int status = state->open()) {
    return std::unexpected(detail::uv_error("Cannot make a loop's wake-up", status));
  }
  state->self = state;
  return std::unique_ptr<Loop>(new Loop(std::move(state)));
}

Result<> Loop::run() {
  if (state_->running) return std::unexpected(Error{Kind::failed, "running", "Loop::run was called while it runs."});
  if (state_->own_watches) {
    state_->turns_until_stop();
  } else if (!state_->stopping) {
    state_->turn(UV_RUN_DEFAULT);
  }
  state_->stopping = false;
  return {};
}

void Loop::stop() {
  state_->stopping = true;
  if (state_->running && !state_->own_watches) uv_stop(state_->loop);
}

int Loop::fd() const { return state_->fd(); }
int Loop::timeout() const { return state_->timeout(); }
void Loop::dispatch() {
  if (!state_->running) state_->turn(UV_RUN_NOWAIT);
}

Result<> Loop::post(std::move_only_function<void()> task) { return state_->post(std::move(task)); }
Poster Loop::poster() const { return Poster(state_); }
void Loop::defer(std::move_only_function<void()> task) { state_->defer(std::move(task)); }
bool Loop::on_loop_thread() const { return state_->on_loop_thread(); }
uv_loop_t* Loop::native() const { return state_->loop; }

}  // namespace mullion
