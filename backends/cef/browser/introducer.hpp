// Puts a view's introduction into the isolated world of its main frame, over the DevTools protocol.
#pragma once

#include <functional>
#include <string>
#include <unordered_map>

#include "include/cef_browser.h"
#include "include/cef_devtools_message_observer.h"
#include "include/cef_registration.h"

namespace mullion::cef {

class Introducer final : public CefDevToolsMessageObserver {
 public:
  using Done = std::move_only_function<void()>;
  explicit Introducer(std::move_only_function<void()> dom_ready) : dom_ready_(std::move(dom_ready)) {}
  void open(CefRefPtr<CefBrowser> browser);
  void close();  // nothing is called after it

  // Every document that begins after `done` is introduced so; the last introduction ends. `done` is called from
  // inside Chromium, where nothing may be begun.
  void introduce(const std::string& introduction, Done done);
  // As if the user had touched the page: without that it may not veto its end.
  void touch(Done done);

  void OnDevToolsMethodResult(CefRefPtr<CefBrowser> browser, int id, bool success, const void* result,
                              size_t size) override;
  void OnDevToolsEvent(CefRefPtr<CefBrowser> browser, const CefString& method, const void* params,
                       size_t size) override;

 private:
  int call(const char* method, CefRefPtr<CefDictionaryValue> parameters);
  void replace_script(const void* result, size_t size);

  CefRefPtr<CefBrowser> browser_;
  CefRefPtr<CefRegistration> registration_;
  std::move_only_function<void()> dom_ready_;
  std::unordered_map<int, Done> waiting_;
  std::string script_;  // the identifier of the one that is there
  IMPLEMENT_REFCOUNTING(Introducer);
};

}  // namespace mullion::cef
