// Chromium's own UI thread, with a Loop of ours in it.
#pragma once

#include <functional>
#include <memory>

#include "mullion/adapters/glib.hpp"
#include "mullion/base/loop.hpp"

namespace mullion::cef {

// Main's thread holds it, and waits for the other one in call() and end(), which never waits for main's.
class UiThread {
 public:
  static Result<std::unique_ptr<UiThread>> create();  // Chromium runs no such thread yet: the loop is at rest
  UiThread(const UiThread&) = delete;
  UiThread& operator=(const UiThread&) = delete;

  Loop& loop() { return *loop_; }
  void begin();                                           // now it does
  void post(std::move_only_function<void()> task) const;  // in order
  void call(const std::function<void()>& task) const;     // and waits
  // Waits until `may`, or for seconds; the loop is at rest after that, and ends with this, when Chromium has ended.
  void end(std::function<bool()> may);

 private:
  explicit UiThread(std::unique_ptr<Loop> loop) : poster_(loop->poster()), loop_(std::move(loop)) {}

  Poster poster_;
  std::unique_ptr<Loop> loop_;
  std::unique_ptr<adapters::GlibSource> source_;
  Timer look_;
};

}  // namespace mullion::cef
