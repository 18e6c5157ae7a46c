#include "process/child_view.hpp"

#include "process/app_state.hpp"

namespace mullion::main {

namespace {

Error gone() { return {.kind = Kind::disconnected, .code = "destroyed", .message = "the view has been destroyed"}; }

}  // namespace

Result<WebContentsView> WebContentsView::create(App& app, WebContentsViewOptions options) {
  auto view = detail::state_of(app).create_child_view(std::move(options));
  if (!view) return std::unexpected(std::move(view).error());
  return WebContentsView(std::move(*view));
}

bool WebContentsView::is_destroyed() const { return view_->app == nullptr; }
WebContents WebContentsView::web_contents() const { return WebContents(view_->contents); }
Rectangle WebContentsView::bounds() const { return view_->bounds; }

Result<> WebContentsView::set_bounds(const Rectangle& bounds) const {
  if (is_destroyed()) return std::unexpected(gone());
  auto seen = bounds;
  if (seen.width == 0) seen.width = 1;
  if (seen.height == 0) seen.height = 1;
  if (auto fits = detail::check_bounds(seen); !fits) return fits;
  view_->bounds = bounds;
  view_->place();
  return {};
}

bool WebContentsView::is_visible() const { return view_->app && view_->visible; }

void WebContentsView::set_visible(bool visible) const {
  view_->visible = visible;
  view_->place();
}

namespace detail {

Result<> ChildView::add_to(Window& window) {
  if (!app) return std::unexpected(gone());
  if (window.contents->backend_name != contents->backend_name)
    return std::unexpected(Error{.kind = Kind::invalid,
                                 .code = "backend",
                                 .message = "a view of the backend '" + contents->backend_name +
                                            "' cannot be in a window of '" + window.contents->backend_name + "'"});
  if (window.contents->place == backend::Place::memory)
    return std::unexpected(Error{
        .kind = Kind::unimplemented, .code = "offscreen", .message = "an off-screen window shows no views in it"});
  if (auto attached = contents->view->attach(*window.contents->view); !attached) return attached;
  if (parent) std::erase(parent->children, shared_from_this());
  parent = &window;
  window.children.push_back(shared_from_this());
  place();
  return {};
}

void ChildView::remove() {
  if (auto* last = std::exchange(parent, nullptr)) {
    contents->view->detach();
    std::erase(last->children, shared_from_this());
  }
}

void ChildView::place() {
  if (app) contents->view->set_area(bounds, visible);
}

void ChildView::destroy() {
  if (!app) return;
  auto self = shared_from_this();
  remove();
  auto* state = std::exchange(app, nullptr);
  std::erase(state->child_views, self);
  contents->destroy();
}

void ChildView::let_go() {
  app = nullptr;
  parent = nullptr;
  contents->destroy();
}

}  // namespace detail
}  // namespace mullion::main
