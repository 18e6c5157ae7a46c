// One page, as Chromium shows it; it does not know in what.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "cef/browser/camera.hpp"
#include "cef/browser/hello_server.hpp"
#include "cef/browser/inspector.hpp"
#include "cef/browser/introducer.hpp"
#include "cef/browser/reports.hpp"
#include "cef/browser/surface.hpp"
#include "mullion/backend.hpp"
#include "mullion/base/loop.hpp"

namespace mullion::cef {

class Client;

// Each load goes two steps: the view's new introduction is put where the next document finds it, then Chromium
// navigates. A new browser shows about:blank, of which nothing is told.
class View final : public backend::View, Surface::Owner {
 public:
  static Result<std::unique_ptr<View>> create(backend::ViewHost& host, const HelloServer& hellos,
                                              std::shared_ptr<int> browsers, std::unique_ptr<Surface> surface);
  ~View() override;
  static bool is_url(const std::string& text);  // any thread

  // ---- backend::View ----
  Result<> load(std::string url) override;
  Result<> reload() override;
  void stop() override;
  void set_title(std::string_view title) override { surface_->set_title(std::string(title)); }
  backend::Window* window() override { return surface_->window(); }
  bool is_shown() const override { return surface_->is_shown(); }
  void confirm_frame(int pid, std::string_view frame, std::move_only_function<void(bool)> answer) override;
  Result<> attach(backend::View& parent) override;
  void detach() override { surface_->detach(); }
  void set_area(const Rectangle& area, bool visible) override { surface_->set_area(area, visible); }
  Result<> send_input(const MouseInputEvent& event) override;
  Result<> send_input(const KeyboardInputEvent& event) override;
  void set_size(int width, int height) override { surface_->set_size(width, height); }
  void set_frame_rate(int per_second) override { surface_->set_frame_rate(per_second); }
  void set_painting(bool on) override { surface_->set_painting(on); }
  void invalidate() override { surface_->invalidate(); }
  Result<> open_dev_tools() override;
  void close_dev_tools() override { inspector_->close(browser_); }
  void capture(std::optional<Rectangle> area, backend::Captured answer) override;
  void before_unload(std::move_only_function<void(bool)> answer) override;

  // ---- what Client hears from Chromium ----
  void browser_created(CefRefPtr<CefBrowser> browser);
  void loading_changed(bool loading);
  void committed(std::string url);
  void finished();
  void failed(int code, std::string description, std::string url);
  void frames_changed() { judge_claims(); }
  void sub_frame_committed(const std::string& name, std::string url);
  void sub_frame_gone(const std::string& name) { host_.sub_frame_gone(name); }
  void title_changed(std::string title);
  void console(backend::ConsoleMessage message);
  void unload_vetoed() { answer_unload(false); }
  void unloaded();  // the page has ended, and Chromium would close the window
  void process_gone(int status, int code);

 private:
  enum class Phase : unsigned char {
    blank,       // about:blank comes, or waits for a first load
    installing,  // a load waits for its introduction
    navigating,  // Chromium was told to
    committed,   // the document is there and loads
    done,
  };
  struct Claim {
    int child;
    std::string frame;  // "" is the main one
    std::move_only_function<void(bool)> answer;
  };
  View(backend::ViewHost& host, const HelloServer& hellos, std::unique_ptr<Surface> surface);
  void close_requested() override;
  void window_changed() override;
  void painted() override;

  Result<> begin(bool reload);
  void revive();
  void introduced();
  void navigate();
  void dom_ready();
  void give_up_if_idle();
  void tell_failure(int code, std::string description, std::string url);
  int shown_by() const;                                                   // Chromium's child that shows the main frame
  bool is_joined() const { return bound_ != 0 && bound_ == shown_by(); }  // that child has said so
  bool shows(const Claim& claim);
  void judge_claims();
  void refuse_claims();
  void answer_unload(bool go);
  void close_browser();
  template <class F>
  auto later(F f);  // as a task of the loop that does nothing when this has ended

  backend::ViewHost& host_;
  const HelloServer& hellos_;
  Reports reports_;
  CefRefPtr<Client> client_;
  std::unique_ptr<Surface> surface_;
  CefRefPtr<Introducer> introducer_;
  CefRefPtr<Camera> camera_;
  CefRefPtr<Inspector> inspector_;
  CefRefPtr<CefBrowser> browser_;
  Phase phase_ = Phase::blank;
  bool blank_there_ = false;  // about:blank is there
  bool introduced_ = false;   // the introduction of this load is
  bool reloads_ = false;      // this load is one
  bool dom_told_ = false;     // of this document
  bool stopping_ = false;     // stop() was called
  bool crashed_ = false;
  bool closing_ = false;  // Chromium was asked to close, for unload_answer_
  bool wanted_ = false;   // a load, of target_
  std::string target_;
  std::string title_;          // the last that was told of this document
  int bound_ = 0;              // Chromium's child whose claim was confirmed
  std::vector<Claim> claims_;  // that wait for Chromium to say who shows the page
  std::move_only_function<void(bool)> unload_answer_;
  Timer introduction_patience_;
  Timer claims_patience_;
  int claims_refusals_put_off_ = 0;
  Timer unload_patience_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace mullion::cef
