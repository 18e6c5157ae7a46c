#include "process/window.hpp"

#include "process/app_state.hpp"

namespace mullion::main::detail {

void Window::open(const BrowserWindowOptions& options) {
  Rectangle bounds{options.x.value_or(0), options.y.value_or(0), options.width, options.height};
  record_ = std::make_unique<WindowRecord>(bounds, app->focused_record, [this] { changed(); });
  if (options.show && &place() == record_.get()) record_->show();
  told = place().state();
  told.focused = false;
  changed();
}

backend::Window& Window::place() {
  auto* shown = contents->view->window();
  return shown ? *shown : *record_;
}

// ---- what has become of it ----

void Window::changed() {
  if (!app || !record_) return;
  auto now = place().state();
  auto last = std::exchange(told, now);
  if (now.visible != last.visible) tell(now.visible ? main::show : main::hide);
  if (now.minimized != last.minimized) tell(now.minimized ? main::minimize : main::restore);
  if (now.bounds.width != last.bounds.width || now.bounds.height != last.bounds.height) resized();
  if (now.bounds.x != last.bounds.x || now.bounds.y != last.bounds.y) tell(main::moved);
  if (now.focused != last.focused) tell_focus();
}

void Window::resized() {
  contents->view->set_size(told.bounds.width, told.bounds.height);
  tell(main::resized);
}

void Window::tell(const Event<>& event) {
  app->loop.defer([weak = weak_from_this(), event] {
    if (auto self = weak.lock(); self && self->app) self->emitter.emit(event);
  });
}

void Window::tell_focus() {
  tell(told.focused ? main::focus : main::blur);
  app->loop.defer([weak = weak_from_this(), event = told.focused ? browser_window_focus : browser_window_blur] {
    if (auto self = weak.lock(); self && self->app) self->app->emitter.emit(event, BrowserWindow(self));
  });
}

// ---- its end ----

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
    may_go || self->contents->goes_all_the_same() ? self->destroy() : self->app->window_refused();
  });
  if (app) contents->wait_for_page();
}

void Window::destroy() {
  if (!app) return;
  auto self = shared_from_this();
  auto* state = std::exchange(app, nullptr);
  for (auto& child : std::vector(children)) child->destroy();
  let_go();
  auto last = std::move(emitter);
  state->remove_window(self);
  last.emit(closed);
  state->window_closed();
}

void Window::let_go() {
  children.clear();
  app = nullptr;
  contents->destroy();
  record_.reset();
}

}  // namespace mullion::main::detail
