#include "mullion/base/task.hpp"

namespace mullion {
namespace detail {
namespace {

// A stretch of stack on which coroutines take turns. A coroutine that is not the active one of the innermost stretch
// was resumed from outside (a callback's handle.resume()) and needs a stretch of its own.
struct Stretch {
  Stretch* outer;
  TaskFrame* active = nullptr;
  TaskFrame* next;
};

constinit thread_local Stretch* innermost = nullptr;

void run(TaskFrame& first) noexcept {
  Stretch here{.outer = innermost, .next = &first};
  innermost = &here;
  while ((here.active = std::exchange(here.next, nullptr))) here.active->self.resume();
  innermost = here.outer;
}

}  // namespace

void transfer(TaskFrame& from, TaskFrame* to) noexcept {
  if (!to) return;
  if (innermost && innermost->active == &from) {
    innermost->next = to;
  } else {
    run(*to);
  }
}

// The frame around a task that nobody awaits; it destroys itself when the task is done.
struct SpawnedPromise : TaskFrame {
  Tasks& owner;
  SpawnedPromise* next;
  SpawnedPromise** previous;

  SpawnedPromise(Tasks& tasks, Task<void>&) : owner(tasks), next(tasks.first_), previous(&tasks.first_) {
    if (next) next->previous = &next;
    tasks.first_ = this;
    ++tasks.running_;
  }
  ~SpawnedPromise() {
    *previous = next;
    if (next) next->previous = previous;
    --owner.running_;
  }

  struct Spawned {
    using promise_type = SpawnedPromise;
    SpawnedPromise& promise;
  };
  Spawned get_return_object() {
    self = std::coroutine_handle<SpawnedPromise>::from_promise(*this);
    return {*this};
  }
  std::suspend_always initial_suspend() noexcept { return {}; }
  std::suspend_never final_suspend() noexcept { return {}; }
  void return_void() noexcept {}
  void unhandled_exception() noexcept { std::terminate(); }

  static Spawned wrap(Tasks&, Task<void> task) { co_await std::move(task); }
  static void start(Tasks& tasks, Task<void> task) { run(wrap(tasks, std::move(task)).promise); }
};

}  // namespace detail

void Tasks::spawn(Task<void> task) {
  if (!ending_) detail::SpawnedPromise::start(*this, std::move(task));
}

Tasks::~Tasks() {
  ending_ = true;
  while (first_) first_->self.destroy();
}

}  // namespace mullion
