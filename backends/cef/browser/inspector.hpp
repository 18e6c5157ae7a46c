// A browser's DevTools, which are a browser in a window of their own.
#pragma once

#include <functional>
#include <memory>

#include "cef/version.hpp"
#include "include/cef_client.h"

namespace mullion::cef {

class Inspector final : public CefClient, public version::LifeSpanHandler {
 public:
  using Changed = std::function<void(bool open)>;
  // `browsers` counts the one of the tools, too, so that Chromium does not end before it has.
  Inspector(std::shared_ptr<int> browsers, Changed changed)
      : browsers_(std::move(browsers)), changed_(std::move(changed)) {}
  void open(CefRefPtr<CefBrowser> of);
  void close(CefRefPtr<CefBrowser> of);
  void detach() { changed_ = nullptr; }

  CefRefPtr<CefLifeSpanHandler> GetLifeSpanHandler() override { return this; }
  void OnAfterCreated(CefRefPtr<CefBrowser> browser) override;
  void OnBeforeClose(CefRefPtr<CefBrowser> browser) override;

 private:
  std::shared_ptr<int> browsers_;
  Changed changed_;
  IMPLEMENT_REFCOUNTING(Inspector);
};

}  // namespace mullion::cef
