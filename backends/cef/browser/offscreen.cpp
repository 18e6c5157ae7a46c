#include "cef/browser/offscreen.hpp"

#include <utility>

#include "cef/app/isolated_world.hpp"

namespace mullion::cef {

namespace {

constexpr int first_frame_rate = 60;
constexpr cef_color_t white = 0xffff'ffff;  // unless the page says otherwise

}  // namespace

void Offscreen::open(CefRefPtr<CefClient> client, Surface::Owner& owner) {
  owner_ = &owner;
  CefWindowInfo window;
  window.SetAsWindowless(0);
  CefBrowserSettings settings;
  settings.windowless_frame_rate = first_frame_rate;
  settings.background_color = white;
  browser_ = CefBrowserHost::CreateBrowserSync(window, client, empty_page, settings, nullptr, nullptr);
  if (browser_) browser_->GetHost()->SetFocus(true);
}

void Offscreen::close() {
  owner_ = nullptr;
  if (auto last = std::exchange(browser_, nullptr)) last->GetHost()->CloseBrowser(true);
}

void Offscreen::resize(int width, int height) {
  width_ = width;
  height_ = height;
  if (browser_) browser_->GetHost()->WasResized();
}

void Offscreen::set_frame_rate(int per_second) {
  if (browser_) browser_->GetHost()->SetWindowlessFrameRate(per_second);
}

void Offscreen::set_painting(bool on) {
  painting_ = on;
  if (on) invalidate();
}

void Offscreen::invalidate() {
  if (browser_) browser_->GetHost()->Invalidate(PET_VIEW);
}

void Offscreen::tell_paint(backend::ViewHost& to) {
  telling_ = false;
  if (painting_ && canvas_.is_dirty()) canvas_.tell(to);
}

void Offscreen::GetViewRect(CefRefPtr<CefBrowser>, CefRect& rect) { rect = {0, 0, width_, height_}; }

// What a <select> opens is a picture of its own, and not drawn.
void Offscreen::OnPaint(CefRefPtr<CefBrowser>, PaintElementType type, const RectList& dirty, const void* bytes,
                        int width, int height) {
  if (type != PET_VIEW || width <= 0 || height <= 0) return;
  canvas_.draw(dirty, bytes, width, height);
  if (painting_ && owner_ && !std::exchange(telling_, true)) owner_->painted();
}

}  // namespace mullion::cef
