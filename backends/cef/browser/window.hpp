// A top-level window of CEF's Views with a page in it.
#pragma once

#include <string>

#include "cef/version.hpp"
#include "include/views/cef_browser_view.h"
#include "include/views/cef_window.h"
#include "mullion/backend.hpp"

namespace mullion::cef {

class Window final : public version::WindowDelegate {
 public:
  // What the user's wish to close it comes to: asked is `close_requested`, and it stays until close().
  Window(const backend::ViewOptions& options, std::move_only_function<void()> close_requested)
      : options_(options), close_requested_(std::move(close_requested)) {}
  void open(CefRefPtr<CefClient> client);
  void close();
  void set_title(const std::string& title);
  bool is_shown() const { return window_ && window_->IsVisible() && !window_->IsMinimized(); }

  void OnWindowCreated(CefRefPtr<CefWindow> window) override;
  void OnWindowDestroyed(CefRefPtr<CefWindow> window) override;
  bool CanClose(CefRefPtr<CefWindow> window) override;
  CefSize GetPreferredSize(CefRefPtr<CefView> view) override;

 private:
  backend::ViewOptions options_;
  std::move_only_function<void()> close_requested_;
  CefRefPtr<CefBrowserView> view_;
  CefRefPtr<CefWindow> window_;
  bool closing_ = false;
  IMPLEMENT_REFCOUNTING(Window);
};

}  // namespace mullion::cef
