// Where a view's browser is: a window of its own, an area of another one's, memory, or a place that the program made.
#pragma once

#include <string>

#include "include/cef_client.h"
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

   protected:
    ~Owner() = default;
  };
  virtual ~Surface() = default;

  // Brings the browser, which shows empty_page: the client's OnAfterCreated is called from inside, or there is none.
  virtual void open(CefRefPtr<CefClient> client, Owner& owner) = 0;
  virtual void set_title(const std::string& title) = 0;
  virtual backend::Window* window() { return nullptr; }  // if it is one
  virtual bool is_shown() const = 0;                     // on a screen, where somebody may look at it
};

}  // namespace mullion::cef
