// What the program's own CefClient hears of the browsers that were adopted, handed to what listens for each of them.
#pragma once

#include <unordered_map>

#include "cef/version.hpp"
#include "include/cef_client.h"

namespace mullion::cef {

class Handlers final : public CefLoadHandler,
                       public version::RequestHandler,
                       public CefDisplayHandler,
                       public CefJSDialogHandler,
                       public CefFrameHandler {
 public:
  bool add(CefRefPtr<CefBrowser> browser, CefRefPtr<CefClient> client);  // false: it is there
  void remove(const CefRefPtr<CefBrowser>& browser) { clients_.erase(browser->GetIdentifier()); }
  void clear() { clients_.clear(); }
  CefRefPtr<CefClient> client(const CefRefPtr<CefBrowser>& browser) const;  // null: it was not adopted, or has closed

  void OnLoadingStateChange(CefRefPtr<CefBrowser> browser, bool loading, bool back, bool forward) override;
  void OnLoadStart(CefRefPtr<CefBrowser> browser, CefRefPtr<CefFrame> frame, TransitionType transition) override;
  void OnLoadEnd(CefRefPtr<CefBrowser> browser, CefRefPtr<CefFrame> frame, int status) override;
  void OnLoadError(CefRefPtr<CefBrowser> browser, CefRefPtr<CefFrame> frame, ErrorCode code, const CefString& text,
                   const CefString& url) override;
  void render_process_terminated(CefRefPtr<CefBrowser> browser, TerminationStatus status, int code) override;
  void OnTitleChange(CefRefPtr<CefBrowser> browser, const CefString& title) override;
  bool OnConsoleMessage(CefRefPtr<CefBrowser> browser, cef_log_severity_t level, const CefString& message,
                        const CefString& source, int line) override;
  bool OnBeforeUnloadDialog(CefRefPtr<CefBrowser> browser, const CefString& message, bool reload,
                            CefRefPtr<CefJSDialogCallback> callback) override;
  void OnFrameAttached(CefRefPtr<CefBrowser> browser, CefRefPtr<CefFrame> frame, bool again) override;
  void OnFrameDetached(CefRefPtr<CefBrowser> browser, CefRefPtr<CefFrame> frame) override;
  void OnMainFrameChanged(CefRefPtr<CefBrowser> browser, CefRefPtr<CefFrame> last, CefRefPtr<CefFrame> next) override;

 private:
  std::unordered_map<int, CefRefPtr<CefClient>> clients_;
  IMPLEMENT_REFCOUNTING(Handlers);
};

}  // namespace mullion::cef
