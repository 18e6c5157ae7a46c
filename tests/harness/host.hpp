// A host that runs what is posted to it and watches nothing, as CEF's renderer does.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <utility>

#include "mullion/base/pump.hpp"

namespace mullion::harness {

inline constexpr std::chrono::seconds host_patience{20};

// Its thread is the one that calls run_until() and run_all().
class Host {
 public:
  Pump::Post post() {
    return [this](Pump::Task task) {
      const std::lock_guard lock(mutex_);
      tasks_.push_back(std::move(task));
      ++posted_;
      there_is_one_.notify_one();
    };
  }

  // Runs tasks until it holds. False: the deadline passed.
  template <class F>
  bool run_until(F holds) {
    const auto end = std::chrono::steady_clock::now() + host_patience;
    while (!holds()) {
      if (!run_one(end)) return false;
    }
    return true;
  }
  // Runs those that are there.
  void run_all() {
    while (run_one({})) continue;
  }
  int posted() {
    const std::lock_guard lock(mutex_);
    return posted_;
  }
  // Waits for a task and leaves it there.
  bool await_task() {
    std::unique_lock lock(mutex_);
    return there_is_one_.wait_for(lock, host_patience, [&] { return !tasks_.empty(); });
  }
  std::deque<Pump::Task> take_all() {
    const std::lock_guard lock(mutex_);
    return std::exchange(tasks_, {});
  }

 private:
  bool run_one(std::chrono::steady_clock::time_point end) {
    std::unique_lock lock(mutex_);
    if (!there_is_one_.wait_until(lock, end, [&] { return !tasks_.empty(); })) return false;
    auto task = std::move(tasks_.front());
    tasks_.pop_front();
    lock.unlock();
    task();
    return true;
  }

  std::mutex mutex_;
  std::condition_variable there_is_one_;
  std::deque<Pump::Task> tasks_;  // under mutex_
  int posted_ = 0;                // under mutex_
};

}  // namespace mullion::harness
