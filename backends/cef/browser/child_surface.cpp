#include "cef/browser/child_surface.hpp"

#include <utility>

#include "cef/app/isolated_world.hpp"

namespace mullion::cef {

namespace {

class PageDelegate final : Counted, public version::BrowserViewDelegate {
  IMPLEMENT_REFCOUNTING(PageDelegate);
};

}  // namespace

void Waiting::open(CefRefPtr<CefBrowserView> view) {
  first_ = view;
  CefWindow::CreateTopLevelWindow(this);
}

void Waiting::OnWindowCreated(CefRefPtr<CefWindow> window) {
  window_ = window;
  take(std::exchange(first_, nullptr));
}

void Waiting::take(CefRefPtr<CefBrowserView> view) {
  if (window_) window_->AddChildView(view);
}

void Waiting::give(CefRefPtr<CefBrowserView> view) {
  if (window_) window_->RemoveChildView(view);
}

void Waiting::close() {
  if (window_) window_->Close();
}

// ---- the surface ----

ChildSurface::~ChildSurface() {
  detach();
  view_ = nullptr;
  waiting_->close();
}

void ChildSurface::open(CefRefPtr<CefClient> client, Owner&) {
  view_ =
      CefBrowserView::CreateBrowserView(client, empty_page, CefBrowserSettings(), nullptr, nullptr, new PageDelegate);
  waiting_->open(view_);
}

bool ChildSurface::is_shown() const { return parent_ && visible_ && parent_->IsVisible() && !parent_->IsMinimized(); }

Result<> ChildSurface::attach(Surface& parent) {
  auto window = parent.cef_window();
  if (!window)
    return std::unexpected(
        Error{.kind = Kind::unimplemented, .code = "child-view", .message = "this window cannot show views in it"});
  detach();
  waiting_->give(view_);
  parent_ = window;
  frame_ = CefPanel::CreatePanel(nullptr);
  frame_->AddChildView(view_);
  overlay_ = version::add_overlay(*parent_, frame_);
  place();
  return {};
}

void ChildSurface::detach() {
  if (!std::exchange(parent_, nullptr)) return;
  frame_->RemoveChildView(view_);
  waiting_->take(view_);
  overlay_->Destroy();
  overlay_ = nullptr;
  frame_ = nullptr;
}

void ChildSurface::set_area(const Rectangle& area, bool visible) {
  area_ = area;
  visible_ = visible;
  place();
}

void ChildSurface::place() {
  if (!parent_) return;
  overlay_->SetBounds({area_.x, area_.y, area_.width, area_.height});
  overlay_->SetVisible(visible_ && area_.width > 0 && area_.height > 0);
}

}  // namespace mullion::cef
