// An app in the test's own process, with real children: this test program started again in their roles.
#pragma once

#include <doctest/doctest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "mullion/base/loop.hpp"
#include "mullion/ipc/table.hpp"
#include "mullion/main.hpp"
#include "tables_generated.h"

namespace mullion::test {

inline constexpr Channel<Question, Reply> ask{"ask"};
inline constexpr Channel<Note> note{"note"};

class LiveApp {
 public:
  explicit LiveApp(Program program);
  ~LiveApp();

  main::App& operator*() { return *app_; }
  main::App* operator->() { return app_.get(); }
  Loop& loop() { return *loop_; }
  // Runs the loop until the condition holds; false after ten seconds.
  template <class F>
  bool until(F condition) {
    bool late = false;
    Timer deadline(*loop_, 10'000, [&] { late = true; });
    while (!condition() && !late) turn();
    return condition();
  }
  // Runs a task to its end and returns what it returned.
  template <class T>
  T wait(Task<T> task) {
    std::optional<T> result;
    Tasks tasks;
    tasks.spawn(keep(std::move(task), result));
    REQUIRE(until([&] { return result.has_value(); }));
    return std::move(*result);
  }
  main::BrowserWindow open(main::BrowserWindowOptions options);

 private:
  template <class T>
  static Task<> keep(Task<T> task, std::optional<T>& result) {
    result.emplace(co_await std::move(task));
  }
  void turn();

  std::unique_ptr<Loop> loop_;
  std::unique_ptr<main::App> app_;
};

}  // namespace mullion::test
