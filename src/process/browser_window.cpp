#include "mullion/process/browser_window.hpp"

#include "process/app_state.hpp"

namespace mullion::main {

namespace {

Error gone() { return {.kind = Kind::disconnected, .code = "destroyed", .message = "the window has been destroyed"}; }

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

void BrowserWindow::close() const { window_->close(); }

void BrowserWindow::destroy() const { window_->destroy(); }

Emitter& BrowserWindow::emitter() const { return window_->emitter; }

namespace detail {

void Window::close() {
  if (!app || closing) return;
  auto self = shared_from_this();
  CancelableEvent event;
  emitter.emit(main::close, event);
  if (!app) return;
  if (event.default_prevented()) return app->window_refused();
  closing = true;
  ask_page();
}

void Window::ask_page() {
  contents->view->before_unload([weak = weak_from_this()](bool may_go) {
    auto self = weak.lock();
    if (!self || !self->app) return;
    self->closing = false;
    may_go ? self->destroy() : self->app->window_refused();
  });
  if (app) contents->wait_for_page();
}

void Window::destroy() {
  if (!app) return;
  auto self = shared_from_this();
  auto* state = std::exchange(app, nullptr);
  contents->destroy();
  auto last = std::move(emitter);
  state->remove_window(self);
  last.emit(closed);
  state->window_closed();
}

}  // namespace detail
}  // namespace mullion::main
