// What differs between CEF 116 and the current one: everything else of this backend is the same text for all of them.
#pragma once

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string>

#include "include/cef_client.h"
#include "include/cef_life_span_handler.h"
#include "include/cef_request_handler.h"
#include "include/cef_v8.h"
#include "include/cef_version.h"
#include "include/views/cef_browser_view.h"
#include "include/views/cef_overlay_controller.h"
#include "include/views/cef_window.h"

namespace mullion::cef::version {

// The bytes of a page's ArrayBuffer. CEF 116 tells no one: what is to be read there must lie in an ArrayBuffer over
// memory that was ours before.
template <class Value>
concept TellsBufferMemory = requires(Value& value) { value.GetArrayBufferData(); };

// A frame's name within the browser, in either process, and the number of the process that hosts it: the one that
// Chromium gives that process as --renderer-client-id. 0 when it cannot be told. Undocumented: app_test has a test.
// 116: a number whose high half that is. Later: the number in hexadecimal, a dash, and a token.
inline std::string frame_name(std::int64_t identifier) { return std::to_string(identifier); }
inline std::string frame_name(const CefString& identifier) { return identifier.ToString(); }
inline int frame_child(std::int64_t identifier) {
  return identifier < 0 ? 0 : static_cast<int>(static_cast<std::uint64_t>(identifier) >> 32);
}
inline int frame_child(const CefString& identifier) {
  std::string text = identifier.ToString();
  int child = 0;
  auto end = std::from_chars(text.data(), text.data() + text.size(), child, 16);
  return end.ec == std::errc() && end.ptr != text.data() + text.size() && *end.ptr == '-' ? child : 0;
}

template <class Browser>
CefRefPtr<CefFrame> find_frame(Browser& browser, const std::string& name) {
  if constexpr (requires { browser.GetFrameByIdentifier(CefString()); }) {
    return browser.GetFrameByIdentifier(name);
  } else {
    std::int64_t identifier = 0;
    auto end = std::from_chars(name.data(), name.data() + name.size(), identifier);
    return end.ec == std::errc() && end.ptr == name.data() + name.size() ? browser.GetFrame(identifier) : nullptr;
  }
}

// Of each pair one overrides. 116 knows no code.
class RequestHandler : public CefRequestHandler {
 public:
  virtual void render_process_terminated(CefRefPtr<CefBrowser> browser, TerminationStatus status, int code) = 0;
  void OnRenderProcessTerminated(CefRefPtr<CefBrowser> browser, TerminationStatus status) {
    render_process_terminated(browser, status, 0);
  }
  void OnRenderProcessTerminated(CefRefPtr<CefBrowser> browser, TerminationStatus status, int code, const CefString&) {
    render_process_terminated(browser, status, code);
  }
};

// No popups.
class LifeSpanHandler : public CefLifeSpanHandler {
 public:
  bool OnBeforePopup(CefRefPtr<CefBrowser>, CefRefPtr<CefFrame>, const CefString&, const CefString&,
                     WindowOpenDisposition, bool, const CefPopupFeatures&, CefWindowInfo&, CefRefPtr<CefClient>&,
                     CefBrowserSettings&, CefRefPtr<CefDictionaryValue>&, bool*) {
    return true;
  }
  bool OnBeforePopup(CefRefPtr<CefBrowser>, CefRefPtr<CefFrame>, int, const CefString&, const CefString&,
                     WindowOpenDisposition, bool, const CefPopupFeatures&, CefWindowInfo&, CefRefPtr<CefClient>&,
                     CefBrowserSettings&, CefRefPtr<CefDictionaryValue>&, bool*) {
    return true;
  }
};

// Windows without Chrome's own furniture, which is what later versions show unless told.
#if CEF_VERSION_MAJOR >= 126
class BrowserViewDelegate : public CefBrowserViewDelegate {
 public:
  cef_runtime_style_t GetBrowserRuntimeStyle() override { return CEF_RUNTIME_STYLE_ALLOY; }
};
class WindowDelegate : public CefWindowDelegate {
 public:
  cef_runtime_style_t GetWindowRuntimeStyle() override { return CEF_RUNTIME_STYLE_ALLOY; }
};
#else
using BrowserViewDelegate = CefBrowserViewDelegate;
using WindowDelegate = CefWindowDelegate;
#endif

// A view in an area of a window, above what is there; it may have the keyboard. 116 does not ask about that.
template <class Window>
CefRefPtr<CefOverlayController> add_overlay(Window& window, CefRefPtr<CefView> view) {
  if constexpr (requires { window.AddOverlayView(view, CEF_DOCKING_MODE_CUSTOM, true); })
    return window.AddOverlayView(view, CEF_DOCKING_MODE_CUSTOM, true);
  else
    return window.AddOverlayView(view, CEF_DOCKING_MODE_CUSTOM);
}

}  // namespace mullion::cef::version
