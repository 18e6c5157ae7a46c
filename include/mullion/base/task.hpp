// Coroutines: Task, who runs them, and the bridge from callbacks.
#pragma once

#include <coroutine>
#include <cstddef>
#include <exception>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace mullion {

template <class T>
class Task;
class Tasks;

namespace detail {

// What every coroutine of ours begins with.
struct TaskFrame {
  std::coroutine_handle<> self{};
  TaskFrame* awaited_by = nullptr;
};

// Suspends `from` and goes on with `to`, or with nothing. The stack does not grow, whatever the compiler makes of tail
// calls: the activation that runs `from` returns first.
void transfer(TaskFrame& from, TaskFrame* to) noexcept;

struct FinalAwaiter {
  bool await_ready() noexcept { return false; }
  template <class P>
  void await_suspend(std::coroutine_handle<P> done) noexcept {
    transfer(done.promise(), done.promise().awaited_by);
  }
  void await_resume() noexcept {}
};

template <class T>
struct TaskPromiseBase : TaskFrame {
  std::exception_ptr thrown{};

  Task<T> get_return_object();
  std::suspend_always initial_suspend() noexcept { return {}; }
  FinalAwaiter final_suspend() noexcept { return {}; }
  void unhandled_exception() noexcept { thrown = std::current_exception(); }
  void rethrow() {
    if (thrown) std::rethrow_exception(std::move(thrown));
  }
};

template <class T>
struct TaskPromise : TaskPromiseBase<T> {
  std::optional<T> value{};

  template <class U = T>
    requires std::is_convertible_v<U, T>
  void return_value(U&& result) {
    value.emplace(std::forward<U>(result));
  }
  T take() {
    this->rethrow();
    return *std::move(value);
  }
};

template <>
struct TaskPromise<void> : TaskPromiseBase<void> {
  void return_void() noexcept {}
  void take() { rethrow(); }
};

template <class T>
struct TaskAwaiter {
  std::coroutine_handle<TaskPromise<T>> frame;

  bool await_ready() noexcept { return false; }
  template <class P>
  void await_suspend(std::coroutine_handle<P> waiting) noexcept {
    frame.promise().awaited_by = &waiting.promise();
    transfer(waiting.promise(), &frame.promise());
  }
  T await_resume() { return frame.promise().take(); }
};

}  // namespace detail

// A coroutine that returns T. It is lazy: `co_await` or Tasks::spawn starts it, once. One thread: it runs where it is
// started, and goes on where what it awaits is answered.
//
//   Task<Result<int>> twice(Task<Result<int>> number) {
//     auto n = co_await std::move(number);
//     if (!n) co_return std::unexpected(n.error());
//     co_return *n * 2;
//   }
//
// - Destroying a Task that waits destroys its frame and all that it awaits. It must not be destroyed while it runs.
// - Chains of any depth, and loops over tasks that are done at once, run on a constant stack.
// - Where exceptions are on, what it throws is thrown at the co_await.
// - g++ 12 frees twice what an aggregate temporary owns that is made in the same full expression as a co_await. Name
//   it first: `auto call = save({.path = p}); auto saved = co_await std::move(call);`
template <class T = void>
class [[nodiscard]] Task {
 public:
  using promise_type = detail::TaskPromise<T>;

  Task(Task&& other) noexcept : frame_(std::exchange(other.frame_, nullptr)) {}
  Task& operator=(Task&& other) noexcept {
    auto replaced = Task(std::move(other));
    std::swap(frame_, replaced.frame_);
    return *this;
  }
  ~Task() {
    if (frame_) frame_.destroy();
  }

  auto operator co_await() && noexcept { return detail::TaskAwaiter<T>{frame_}; }

 private:
  friend detail::TaskPromiseBase<T>;
  explicit Task(std::coroutine_handle<promise_type> frame) : frame_(frame) {}
  std::coroutine_handle<promise_type> frame_;
};

template <class T>
Task<T> detail::TaskPromiseBase<T>::get_return_object() {
  auto frame = std::coroutine_handle<TaskPromise<T>>::from_promise(static_cast<TaskPromise<T>&>(*this));
  self = frame;
  return Task<T>(frame);
}

namespace detail {
struct SpawnedPromise;
}

// Runs tasks that nobody awaits, and owns them until they are done.
//
// - spawn() runs the task until it waits for the first time.
// - Destroying Tasks destroys the tasks that wait; it must not happen inside one of them.
// - An exception that leaves a spawned task ends the program.
class Tasks {
 public:
  Tasks() = default;
  Tasks(const Tasks&) = delete;
  Tasks& operator=(const Tasks&) = delete;
  ~Tasks();

  void spawn(Task<void> task);
  std::size_t running() const { return running_; }

 private:
  friend detail::SpawnedPromise;
  detail::SpawnedPromise* first_ = nullptr;
  std::size_t running_ = 0;
  bool ending_ = false;
};

// The waiting half of an answer that comes once. `co_await std::move(waiting)` gives the answer, or nothing when its
// answerer was dropped. Loop thread.
//
//   auto [answer, waiting] = one_shot<int>();
//   read_later([answer = std::move(answer)](int n) mutable { answer(n); });
//   std::optional<int> n = co_await std::move(waiting);
//
// - The waiting coroutine goes on inside answer(), or inside the answerer's destructor.
// - Answers after the first, or when nobody waits any more, are dropped.
template <class T>
class [[nodiscard]] OneShot {
  struct State {
    std::optional<T> value{};
    bool done = false;
    std::coroutine_handle<> waiter{};

    void finish() {
      done = true;
      if (auto resumed = std::exchange(waiter, nullptr)) resumed.resume();
    }
  };

 public:
  // Dropping it unanswered is an answer too: nothing.
  class Answer {
   public:
    explicit Answer(std::shared_ptr<State> state) : state_(std::move(state)) {}
    Answer(Answer&&) noexcept = default;
    Answer& operator=(Answer&& other) noexcept {
      auto replaced = Answer(std::move(other));
      state_.swap(replaced.state_);
      return *this;
    }
    ~Answer() {
      if (auto state = std::move(state_)) state->finish();
    }
    void operator()(T value) {
      auto state = std::move(state_);
      if (!state) return;
      state->value.emplace(std::move(value));
      state->finish();
    }
    explicit operator bool() const { return state_ != nullptr; }  // not answered yet

   private:
    std::shared_ptr<State> state_;
  };

  struct Pair {
    Answer answer;
    OneShot waiting;
  };
  static Pair make() {
    auto state = std::make_shared<State>();
    return {Answer(state), OneShot(state)};
  }

  auto operator co_await() && noexcept { return Awaiter(std::move(state_)); }

 private:
  class Awaiter {
   public:
    explicit Awaiter(std::shared_ptr<State> state) : state_(std::move(state)) {}
    Awaiter(const Awaiter&) = delete;
    Awaiter& operator=(const Awaiter&) = delete;
    ~Awaiter() { state_->waiter = nullptr; }

    bool await_ready() const noexcept { return state_->done; }
    void await_suspend(std::coroutine_handle<> waiting) noexcept { state_->waiter = waiting; }
    std::optional<T> await_resume() { return std::move(state_->value); }

   private:
    std::shared_ptr<State> state_;
  };

  explicit OneShot(std::shared_ptr<State> state) : state_(std::move(state)) {}
  std::shared_ptr<State> state_;
};

template <class T>
typename OneShot<T>::Pair one_shot() {
  return OneShot<T>::make();
}

}  // namespace mullion
