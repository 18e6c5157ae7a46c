#include "mullion/process/browser_window.hpp"

#include "process/app_state.hpp"

namespace mullion::main {

namespace {

Error gone() { return {.kind = Kind::disconnected, .code = "destroyed", .message = "the window has been destroyed"}; }

// Of a window that is gone: its last bounds, and nothing else.
backend::WindowState state_of(detail::Window& window) {
  return window.app ? window.place().state() : backend::WindowState{.bounds = window.told.bounds};
}

void tell(detail::Window& window, void (backend::Window::*what)()) {
  if (!window.app) return;
  (window.place().*what)();
  window.changed();
}

}  // namespace

Result<BrowserWindow> BrowserWindow::create(App& app, BrowserWindowOptions options) {
  auto window = detail::state_of(app).create_window(std::move(options));
  if (!window) return std::unexpected(std::move(window).error());
  return BrowserWindow(std::move(*window));
}

std::vector<BrowserWindow> BrowserWindow::get_all_windows(App& app) {
  std::vector<BrowserWindow> all;
  for (const auto& window : detail::state_of(app).windows) all.emplace_back(window);
  return all;
}

std::optional<BrowserWindow> BrowserWindow::get_focused_window(App& app) {
  for (const auto& window : get_all_windows(app))
    if (window.is_focused()) return window;
  return std::nullopt;
}

std::uint32_t BrowserWindow::id() const { return window_->id; }

bool BrowserWindow::is_destroyed() const { return window_->app == nullptr; }

WebContents BrowserWindow::web_contents() const { return WebContents(window_->contents); }

std::string BrowserWindow::title() const { return window_->title; }

Result<> BrowserWindow::set_title(std::string_view title) const {
  if (is_destroyed()) return std::unexpected(gone());
  window_->title = title;
  window_->contents->view->set_title(title);
  return {};
}

Rectangle BrowserWindow::bounds() const { return state_of(*window_).bounds; }

Result<> BrowserWindow::set_bounds(const Rectangle& bounds) const {
  if (is_destroyed()) return std::unexpected(gone());
  if (auto fits = detail::check_bounds(bounds); !fits) return fits;
  window_->place().set_bounds(bounds);
  window_->changed();
  return {};
}

bool BrowserWindow::is_visible() const { return state_of(*window_).visible; }
bool BrowserWindow::is_minimized() const { return state_of(*window_).minimized; }
bool BrowserWindow::is_focused() const { return state_of(*window_).focused; }

void BrowserWindow::show() const { tell(*window_, &backend::Window::show); }
void BrowserWindow::hide() const { tell(*window_, &backend::Window::hide); }
void BrowserWindow::minimize() const { tell(*window_, &backend::Window::minimize); }
void BrowserWindow::restore() const { tell(*window_, &backend::Window::restore); }
void BrowserWindow::focus() const { tell(*window_, &backend::Window::focus); }

Result<> BrowserWindow::add_child_view(const WebContentsView& view) const {
  if (is_destroyed()) return std::unexpected(gone());
  return view.view_->add_to(*window_);
}

Result<> BrowserWindow::remove_child_view(const WebContentsView& view) const {
  if (is_destroyed()) return std::unexpected(gone());
  if (view.view_->parent == window_.get()) view.view_->remove();
  return {};
}

std::vector<WebContentsView> BrowserWindow::child_views() const {
  std::vector<WebContentsView> all;
  for (const auto& each : window_->children) all.emplace_back(each);
  return all;
}

void BrowserWindow::close() const { window_->close(); }

void BrowserWindow::destroy() const { window_->destroy(); }

Emitter& BrowserWindow::emitter() const { return window_->emitter; }

}  // namespace mullion::main
