#include "cef/browser/window.hpp"

#include "cef/app/isolated_world.hpp"
#include "include/views/cef_display.h"

namespace mullion::cef {

namespace {

class PageDelegate final : Counted, public version::BrowserViewDelegate {
  IMPLEMENT_REFCOUNTING(PageDelegate);
};

Rectangle from(const CefRect& rect) { return {rect.x, rect.y, rect.width, rect.height}; }

}  // namespace

void Window::open(CefRefPtr<CefClient> client, Surface::Owner& owner) {
  owner_ = &owner;
  view_ =
      CefBrowserView::CreateBrowserView(client, empty_page, CefBrowserSettings(), nullptr, nullptr, new PageDelegate);
  CefWindow::CreateTopLevelWindow(this);
}

void Window::close() {
  owner_ = nullptr;
  if (window_) window_->Close();
}

void Window::set_title(const std::string& title) {
  if (window_) window_->SetTitle(title);
}

// ---- how it stands ----

backend::WindowState Window::state() const {
  if (!window_) return {};
  return {.bounds = from(window_->GetBoundsInScreen()),
          .visible = window_->IsVisible(),
          .minimized = window_->IsMinimized(),
          .focused = window_->IsActive()};
}

void Window::set_bounds(const Rectangle& bounds) {
  if (window_) window_->SetBounds({bounds.x, bounds.y, bounds.width, bounds.height});
}

void Window::show() {
  if (!window_) return;
  window_->Show();
  view_->RequestFocus();
  tell_changed();
}

void Window::hide() {
  if (window_) window_->Hide();
  tell_changed();
}

void Window::minimize() {
  if (window_) window_->Minimize();
  tell_changed();
}

void Window::restore() {
  if (window_ && window_->IsMinimized()) window_->Restore();
  tell_changed();
}

void Window::focus() {
  if (!window_ || !window_->IsVisible()) return;
  window_->Activate();
  view_->RequestFocus();
}

// ---- what CEF tells ----

void Window::OnWindowCreated(CefRefPtr<CefWindow> window) {
  window_ = window;
  window->SetTitle(options_.title);
  window->AddChildView(view_);
  if (options_.show) show();
}

void Window::OnWindowDestroyed(CefRefPtr<CefWindow>) {
  view_ = nullptr;
  window_ = nullptr;
}

bool Window::CanClose(CefRefPtr<CefWindow>) {
  if (owner_) owner_->close_requested();
  return !owner_;
}

CefRect Window::GetInitialBounds(CefRefPtr<CefWindow>) {
  CefRect bounds(0, 0, options_.width, options_.height);
  auto display = CefDisplay::GetPrimaryDisplay();
  auto area = display ? display->GetWorkArea() : bounds;
  bounds.x = options_.position ? options_.position->x : area.x + (area.width - bounds.width) / 2;
  bounds.y = options_.position ? options_.position->y : area.y + (area.height - bounds.height) / 2;
  return bounds;
}

void Window::tell_changed() {
  if (owner_ && window_) owner_->window_changed();
}

}  // namespace mullion::cef
