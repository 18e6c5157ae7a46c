// The tests of tests/script inside a real page. They block and wait, as tests do, and Chromium's loop can not be run
// from inside of it; so they have a thread of their own, and the two threads pass a baton: whatever touches the engine
// is done by the script thread while the tests' thread waits, and the loop turns only while a test waits for that.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <string_view>
#include <thread>
#include <vector>

#include "cef/v8/engine.hpp"
#include "include/cef_v8.h"

namespace mullion::cef::v8_test {

class Baton {
 public:
  // The tests' thread: runs f on the script thread, and waits. On the script thread: just runs it.
  void on_script_thread(std::function<void()> f);
  // The tests' thread: lets Chromium's loop turn.
  void let_turn();

  // The script thread: serves until the loop may turn. False once the tests have ended.
  bool serve();
  void end();

 private:
  enum class Holder { script, tests };
  void give(Holder holder);
  void wait(std::unique_lock<std::mutex>& lock, Holder holder);

  std::mutex mutex_;
  std::condition_variable changed_;
  Holder holder_ = Holder::script;
  std::function<void()>* request_ = nullptr;
  bool ended_ = false;
  std::thread::id script_thread_ = std::this_thread::get_id();
};

// The one file that tests read: kept before the sandbox closes, after which none can be opened.
void keep_source_file(const char* path);
std::string_view source_file();

// What runs the tests, in the renderer's main thread.
class Runner {
 public:
  static Runner* current();

  explicit Runner(CefRefPtr<CefV8Context> page);  // where frames are made
  ~Runner();
  void start(std::function<void(int)> done);

  Baton& baton() { return baton_; }
  v8::V8Engine& engine() { return *engine_; }
  // Inside Chromium's report of a frame's context.
  void made(CefRefPtr<CefV8Context> context);
  // The isolated world of the frame that was opened last, if it is asked for next; otherwise a fresh frame's main
  // world. On the script thread; until close_frames.
  Result<std::unique_ptr<script::Context>> open_world(std::string_view name);
  void close_frames();

 private:
  void serve();

  CefRefPtr<CefV8Context> page_;
  std::unique_ptr<v8::V8Engine> engine_;
  std::vector<Result<std::unique_ptr<script::Context>>> made_;  // of the frame opened last: main, then isolated
  Baton baton_;
  std::function<void(int)> done_;
  std::thread thread_;
  int code_ = 1;
};

}  // namespace mullion::cef::v8_test
