// A browser in an area of somebody else's window.
#pragma once

#include "cef/app/counted.hpp"
#include "cef/browser/surface.hpp"
#include "cef/version.hpp"
#include "include/views/cef_browser_view.h"
#include "include/views/cef_overlay_controller.h"
#include "include/views/cef_panel.h"
#include "include/views/cef_window.h"

namespace mullion::cef {

// A window that is never shown: where a browser is that is in no window. It ends what is in it.
class Waiting final : Counted, public version::WindowDelegate {
 public:
  void open(CefRefPtr<CefBrowserView> view);
  void take(CefRefPtr<CefBrowserView> view);
  void give(CefRefPtr<CefBrowserView> view);  // no longer its own
  void close();

  void OnWindowCreated(CefRefPtr<CefWindow> window) override;
  void OnWindowDestroyed(CefRefPtr<CefWindow>) override { window_ = nullptr; }
  CefSize GetPreferredSize(CefRefPtr<CefView>) override { return {1, 1}; }

 private:
  CefRefPtr<CefBrowserView> first_;
  CefRefPtr<CefWindow> window_;
  IMPLEMENT_REFCOUNTING(Waiting);
};

class ChildSurface final : public Surface {
 public:
  ~ChildSurface() override;
  void open(CefRefPtr<CefClient> client, Owner& owner) override;
  bool is_shown() const override;
  Result<> attach(Surface& parent) override;
  void detach() override;
  void set_area(const Rectangle& area, bool visible) override;

 private:
  void place();

  CefRefPtr<Waiting> waiting_ = new Waiting;
  CefRefPtr<CefBrowserView> view_;
  CefRefPtr<CefWindow> parent_;  // null: it waits
  CefRefPtr<CefPanel> frame_;    // holds it there, for the overlay ends what is in it
  CefRefPtr<CefOverlayController> overlay_;
  Rectangle area_;
  bool visible_ = true;
};

}  // namespace mullion::cef
