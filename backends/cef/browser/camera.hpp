// Takes pictures of what a browser shows, over the DevTools protocol.
#pragma once

#include <map>
#include <optional>

#include "cef/app/counted.hpp"
#include "include/cef_browser.h"
#include "include/cef_devtools_message_observer.h"
#include "include/cef_registration.h"
#include "mullion/backend.hpp"
#include "mullion/base/loop.hpp"

namespace mullion::cef {

class Camera final : Counted, public CefDevToolsMessageObserver {
 public:
  explicit Camera(Loop& loop) : loop_(loop) {}
  void open(CefRefPtr<CefBrowser> browser);
  void close();  // nobody is answered after it
  // A page that draws nothing, as one in a hidden window does, is an error after some seconds.
  void take(std::optional<Rectangle> area, backend::Captured answer);
  void give_up(const Error& why);  // all that wait hear it

  void OnDevToolsMethodResult(CefRefPtr<CefBrowser> browser, int id, bool success, const void* result,
                              size_t size) override;

 private:
  struct Waiting {
    backend::Captured answer;
    Timer patience;
  };
  void answer(int id, Result<std::vector<std::byte>> picture);

  Loop& loop_;
  CefRefPtr<CefBrowser> browser_;
  CefRefPtr<CefRegistration> registration_;
  std::map<int, Waiting> waiting_;
  IMPLEMENT_REFCOUNTING(Camera);
};

}  // namespace mullion::cef
