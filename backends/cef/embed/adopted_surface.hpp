// A browser that the program made, where the program shows it.
#pragma once

#include "cef/browser/surface.hpp"
#include "cef/embed/handlers.hpp"
#include "include/cef_browser.h"

namespace mullion::cef {

class AdoptedSurface final : public Surface {
 public:
  AdoptedSurface(CefRefPtr<CefBrowser> browser, CefRefPtr<Handlers> handlers)
      : browser_(std::move(browser)), handlers_(std::move(handlers)) {}

  // Who ends the view before Chromium ended the browser wants it gone.
  ~AdoptedSurface() override {
    if (handlers_->client(browser_)) browser_->GetHost()->CloseBrowser(true);
  }

  void open(CefRefPtr<CefClient> client, Owner&) override {
    if (handlers_->add(browser_, client)) client->GetLifeSpanHandler()->OnAfterCreated(browser_);
  }
  void set_title(const std::string&) override {}
  bool is_shown() const override { return true; }

 private:
  CefRefPtr<CefBrowser> browser_;
  CefRefPtr<Handlers> handlers_;
};

}  // namespace mullion::cef
