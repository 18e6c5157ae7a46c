// A program with windows in the test's own process, whose pages are given as text.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "mullion/backends/cef.hpp"
#include "mullion/main.hpp"
#include "steps.hpp"

namespace mullion::cef::test {

// The program as every process of it runs it.
Program live_program(Options options = {});

// One in a process: Chromium cannot be started twice.
class Live {
 public:
  explicit Live(Options options = {});
  ~Live();
  Live(const Live&) = delete;
  Live& operator=(const Live&) = delete;

  main::App& app() { return *app_; }
  // What app: URLs answer, by their whole text without what follows a question mark.
  std::map<std::string, std::string> pages;

  // Runs the loop until the condition holds; false when it never does.
  template <class F>
  bool until(F condition) {
    bool late = false;
    Timer deadline(*loop_, patience_ms, [&] { late = true; });
    while (!condition() && !late) turn();
    return condition();
  }
  // Runs a task to its end; nothing when it has none.
  template <class T>
  std::optional<T> wait(Task<T> task) {
    std::optional<T> result;
    Tasks tasks;
    tasks.spawn(keep(std::move(task), result));
    until([&] { return result.has_value(); });
    return result;
  }
  bool load(const main::WebContents& contents, const std::string& url);
  // What the script's value is, as text; its error when it has one.
  std::string run(const main::WebContents& contents, const std::string& script);

 private:
  template <class T>
  static Task<> keep(Task<T> task, std::optional<T>& result) {
    result.emplace(co_await std::move(task));
  }
  void turn();

  std::unique_ptr<Loop> loop_;
  std::unique_ptr<main::App> app_;
};

}  // namespace mullion::cef::test
