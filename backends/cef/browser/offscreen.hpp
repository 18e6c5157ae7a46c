// A browser without a window, which draws into memory.
#pragma once

#include "cef/app/counted.hpp"
#include "cef/browser/canvas.hpp"
#include "cef/browser/surface.hpp"

namespace mullion::cef {

class Offscreen final : Counted, public CefRenderHandler {
 public:
  Offscreen(int width, int height) : width_(width), height_(height) {}
  void open(CefRefPtr<CefClient> client, Surface::Owner& owner);
  void close();
  void resize(int width, int height);
  void set_frame_rate(int per_second);
  void set_painting(bool on);
  void invalidate();
  void tell_paint(backend::ViewHost& to);

  void GetViewRect(CefRefPtr<CefBrowser> browser, CefRect& rect) override;
  void OnPaint(CefRefPtr<CefBrowser> browser, PaintElementType type, const RectList& dirty, const void* bytes,
               int width, int height) override;

 private:
  int width_;
  int height_;
  bool painting_ = true;
  bool telling_ = false;  // the owner knows that there is something
  Canvas canvas_;
  Surface::Owner* owner_ = nullptr;
  CefRefPtr<CefBrowser> browser_;
  IMPLEMENT_REFCOUNTING(Offscreen);
};

class OffscreenSurface final : public Surface {
 public:
  explicit OffscreenSurface(const backend::ViewOptions& options)
      : offscreen_(new Offscreen(options.width, options.height)) {}
  ~OffscreenSurface() override { offscreen_->close(); }
  void open(CefRefPtr<CefClient> client, Owner& owner) override { offscreen_->open(client, owner); }
  CefRefPtr<CefRenderHandler> render_handler() override { return offscreen_; }
  bool is_shown() const override { return false; }
  void set_size(int width, int height) override { offscreen_->resize(width, height); }
  void set_frame_rate(int per_second) override { offscreen_->set_frame_rate(per_second); }
  void set_painting(bool on) override { offscreen_->set_painting(on); }
  void invalidate() override { offscreen_->invalidate(); }
  void tell_paint(backend::ViewHost& to) override { offscreen_->tell_paint(to); }

 private:
  CefRefPtr<Offscreen> offscreen_;
};

}  // namespace mullion::cef
