// A view that lives on Chromium's UI thread, as the program has it on main's.
#pragma once

#include <memory>
#include <string>

#include "cef/thread/ui_end.hpp"
#include "cef/thread/ui_thread.hpp"

namespace mullion::cef {

class RemoteView final : public backend::View, backend::Window {
 public:
  // `thread` outlives it. Waits for the view to be made there.
  static Result<std::unique_ptr<RemoteView>> create(UiThread& thread, backend::ViewHost& host,
                                                    const HelloServer& hellos, std::shared_ptr<int> browsers,
                                                    const backend::ViewOptions& options);
  ~RemoteView() override;

  // ---- backend::View ----
  Result<> load(std::string url) override;
  Result<> reload() override;
  void stop() override;
  void set_title(std::string_view title) override;
  backend::Window* window() override { return main_->is_window ? this : nullptr; }
  bool is_shown() const override { return main_->shown; }
  void confirm_frame(int pid, std::string_view frame, std::move_only_function<void(bool)> answer) override;
  Result<> attach(backend::View& parent) override;
  void detach() override;
  void set_area(const Rectangle& area, bool visible) override;
  Result<> send_input(const MouseInputEvent& event) override;
  Result<> send_input(const KeyboardInputEvent& event) override;
  void set_size(int width, int height) override;
  void set_frame_rate(int per_second) override;
  void set_painting(bool on) override;
  void invalidate() override;
  Result<> open_dev_tools() override;
  void close_dev_tools() override;
  void capture(std::optional<Rectangle> area, backend::Captured answer) override;
  void before_unload(std::move_only_function<void(bool)> answer) override;

 private:
  RemoteView(UiThread& thread, backend::ViewHost& host);
  Result<> make(const HelloServer& hellos, std::shared_ptr<int> browsers, const backend::ViewOptions& options);
  template <class F>
  void there(F f) const;  // f(UiEnd&), while the view is there
  unsigned keep(std::move_only_function<void(bool)> answer);
  void begin_load();

  // ---- backend::Window ----
  backend::WindowState state() const override { return main_->window; }
  void set_bounds(const Rectangle& bounds) override;
  void show() override;
  void hide() override;
  void minimize() override;
  void restore() override;
  void focus() override;

  UiThread& thread_;
  std::shared_ptr<MainEnd> main_ = std::make_shared<MainEnd>();
  std::shared_ptr<UiEnd> ui_;
  std::string target_;
};

}  // namespace mullion::cef
