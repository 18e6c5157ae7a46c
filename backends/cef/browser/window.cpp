#include "cef/browser/window.hpp"

#include "cef/app/isolated_world.hpp"

namespace mullion::cef {

namespace {

class PageDelegate final : public version::BrowserViewDelegate {
  IMPLEMENT_REFCOUNTING(PageDelegate);
};

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

void Window::OnWindowCreated(CefRefPtr<CefWindow> window) {
  window_ = window;
  window->SetTitle(options_.title);
  window->AddChildView(view_);
  if (!options_.show) return;
  window->Show();
  view_->RequestFocus();
}

void Window::OnWindowDestroyed(CefRefPtr<CefWindow>) {
  view_ = nullptr;
  window_ = nullptr;
}

bool Window::CanClose(CefRefPtr<CefWindow>) {
  if (owner_) owner_->close_requested();
  return !owner_;
}

CefSize Window::GetPreferredSize(CefRefPtr<CefView>) { return {options_.width, options_.height}; }

}  // namespace mullion::cef
