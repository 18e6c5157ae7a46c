// A top-level window of CEF's Views with a page in it.
#pragma once

#include <memory>
#include <string>

#include "cef/app/counted.hpp"
#include "cef/browser/surface.hpp"
#include "cef/version.hpp"
#include "include/views/cef_browser_view.h"
#include "include/views/cef_window.h"
#include "mullion/backend.hpp"

namespace mullion::cef {

class Window final : Counted, public version::WindowDelegate, public backend::Window {
 public:
  explicit Window(const backend::ViewOptions& options) : options_(options) {}
  void open(CefRefPtr<CefClient> client, Surface::Owner& owner);
  void close();  // nobody is asked or told
  void set_title(const std::string& title);
  CefRefPtr<CefWindow> cef_window() const { return window_; }
  bool is_shown() const { return window_ && window_->IsVisible() && !window_->IsMinimized(); }

  // ---- backend::Window ----
  backend::WindowState state() const override;
  void set_bounds(const Rectangle& bounds) override;
  void show() override;
  void hide() override;
  void minimize() override;
  void restore() override;
  void focus() override;

  // ---- CefWindowDelegate ----
  void OnWindowCreated(CefRefPtr<CefWindow> window) override;
  void OnWindowDestroyed(CefRefPtr<CefWindow> window) override;
  void OnWindowActivationChanged(CefRefPtr<CefWindow>, bool) override { tell_changed(); }
  void OnWindowBoundsChanged(CefRefPtr<CefWindow>, const CefRect&) override { tell_changed(); }
  bool CanClose(CefRefPtr<CefWindow> window) override;
  CefRect GetInitialBounds(CefRefPtr<CefWindow> window) override;

 private:
  void tell_changed();

  backend::ViewOptions options_;
  Surface::Owner* owner_ = nullptr;  // null: it is to close
  CefRefPtr<CefBrowserView> view_;
  CefRefPtr<CefWindow> window_;
  IMPLEMENT_REFCOUNTING(Window);
};

class WindowSurface final : public Surface {
 public:
  explicit WindowSurface(const backend::ViewOptions& options) : window_(new Window(options)) {}
  ~WindowSurface() override { window_->close(); }
  void open(CefRefPtr<CefClient> client, Owner& owner) override { window_->open(client, owner); }
  void set_title(const std::string& title) override { window_->set_title(title); }
  backend::Window* window() override { return window_.get(); }
  CefRefPtr<CefWindow> cef_window() override { return window_->cef_window(); }
  bool is_shown() const override { return window_->is_shown(); }

 private:
  CefRefPtr<Window> window_;
};

}  // namespace mullion::cef
