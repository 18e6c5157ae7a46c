// A view's two ends: main's, where the program has it, and Chromium's, where it is.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <unordered_map>

#include "cef/browser/view.hpp"
#include "cef/thread/last_paint.hpp"
#include "mullion/backend.hpp"
#include "mullion/base/loop.hpp"

namespace mullion::cef {

// Main's thread; whoever holds it elsewhere holds it weakly.
struct MainEnd {
  backend::ViewHost* host = nullptr;  // null when the program has ended the view
  unsigned load = 0;                  // the last that the program asked for: what is told of earlier ones is dropped
  bool is_window = false;
  backend::WindowState window;  // as it was told
  bool shown = false;
  unsigned last_question = 0;
  std::unordered_map<unsigned, std::move_only_function<void(bool)>> questions;
  std::unordered_map<unsigned, backend::Captured> captures;
};

// Chromium's UI thread: the view's host there. What is told reaches main in order, and nobody waits for it; what main
// would be asked it has said ahead.
class UiEnd final : public backend::ViewHost {
 public:
  UiEnd(Loop& loop, Poster to_main, std::weak_ptr<MainEnd> main)
      : loop_(loop), to_main_(std::move(to_main)), main_(std::move(main)) {}

  std::unique_ptr<View> view;  // null before it is made, and when it has ended

  void begin_load(unsigned load, Introductions introductions);
  void answer(unsigned question, bool yes);
  void answer_capture(unsigned question, Result<std::vector<std::byte>> picture);

  // ---- backend::ViewHost ----
  Loop& loop() override { return loop_; }
  Result<> start_renderer(Isolation) override;
  bool renderer_running() const override { return false; }
  Result<> post(Value message) override;
  std::string introduction(std::string_view) override { return introductions_.main_frame; }
  std::string sub_frame_introduction() override { return introductions_.sub_frames; }
  void sub_frame_navigated(std::string_view frame, std::string url) override;
  void sub_frame_gone(std::string_view frame) override;
  void did_start_loading() override;
  void did_navigate(std::string url) override;
  void dom_ready() override;
  void did_finish_load() override;
  void did_fail_load(backend::LoadFailure failure) override;
  void did_stop_loading() override;
  void title_updated(std::string title) override;
  void console_message(backend::ConsoleMessage message) override;
  void close_requested() override;
  void render_process_gone(std::string reason, int code) override;
  void window_changed() override;
  void painted(const backend::Paint& paint) override;
  void dev_tools_changed(bool open) override;

 private:
  template <class F>
  void tell(F f);  // f(MainEnd&), while the program has the view
  template <class F>
  void tell_load(F f);

  Loop& loop_;
  Poster to_main_;
  std::weak_ptr<MainEnd> main_;
  unsigned load_ = 0;
  Introductions introductions_;
  std::shared_ptr<LastPaint> paints_ = std::make_shared<LastPaint>();
};

}  // namespace mullion::cef
