// A function as a task of one of Chromium's threads.
#pragma once

#include <functional>
#include <utility>

#include "cef/app/counted.hpp"
#include "include/cef_task.h"

namespace mullion::cef {

class Task final : Counted, public CefTask {
 public:
  explicit Task(std::move_only_function<void()> run) : run_(std::move(run)) {}
  void Execute() override { std::exchange(run_, nullptr)(); }

 private:
  std::move_only_function<void()> run_;
  IMPLEMENT_REFCOUNTING(Task);
};

}  // namespace mullion::cef
