// Where a view's browser is: a window of its own, an area of another one's, memory, or a place that the program made.
#pragma once

#include <memory>
#include <string>

#include "include/cef_client.h"
#include "include/cef_render_handler.h"
#include "include/views/cef_window.h"
#include "mullion/backend.hpp"

namespace mullion::cef {

// A view knows nothing else of where it is shown. When it ends the browser ends with it, unless it is somebody else's;
// its owner hears nothing more.
class Surface {
 public:
  class Owner {
   public:
    virtual void close_requested() = 0;  // by the user; the surface stays
    virtual void window_changed() = 0;   // window()'s state
    virtual void painted() = 0;          // tell_paint() has something

   protected:
    ~Owner() = default;
  };
  virtual ~Surface() = default;

  // Brings the browser, which shows empty_page: the client's OnAfterCreated is called from inside, or there is none.
  virtual void open(CefRefPtr<CefClient> client, Owner& owner) = 0;
  virtual void set_title(const std::string& title) { (void)title; }
  virtual backend::Window* window() { return nullptr; }  // if it is one
  virtual bool is_shown() const = 0;                     // on a screen, where somebody may look at it

  // Views in a window: the window, null if it can show none; and how one gets there.
  virtual CefRefPtr<CefWindow> cef_window() { return nullptr; }
  virtual Result<> attach(Surface& parent) {
    (void)parent;
    return {};
  }
  virtual void detach() {}
  virtual void set_area(const Rectangle& area, bool visible) { (void)area, (void)visible; }

  // Off-screen.
  virtual CefRefPtr<CefRenderHandler> render_handler() { return nullptr; }
  virtual void set_size(int width, int height) { (void)width, (void)height; }
  virtual void set_frame_rate(int per_second) { (void)per_second; }
  virtual void set_painting(bool on) { (void)on; }
  virtual void invalidate() {}
  virtual void tell_paint(backend::ViewHost& to) { (void)to; }  // who hears it may end this
};

// In a window of its own, in another one, or in memory.
std::unique_ptr<Surface> make_surface(const backend::ViewOptions& options);

}  // namespace mullion::cef
