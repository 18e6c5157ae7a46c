#include "cef/embed/handlers.hpp"

#include "cef/browser/client.hpp"

namespace mullion::cef {

bool Handlers::add(CefRefPtr<CefBrowser> browser, CefRefPtr<CefClient> client) {
  return clients_.emplace(browser->GetIdentifier(), client).second;
}

CefRefPtr<CefClient> Handlers::client(const CefRefPtr<CefBrowser>& browser) const {
  auto found = clients_.find(browser->GetIdentifier());
  return found == clients_.end() ? nullptr : found->second;
}

void Handlers::OnLoadingStateChange(CefRefPtr<CefBrowser> browser, bool loading, bool back, bool forward) {
  if (auto to = client(browser)) to->GetLoadHandler()->OnLoadingStateChange(browser, loading, back, forward);
}

void Handlers::OnLoadStart(CefRefPtr<CefBrowser> browser, CefRefPtr<CefFrame> frame, TransitionType transition) {
  if (auto to = client(browser)) to->GetLoadHandler()->OnLoadStart(browser, frame, transition);
}

void Handlers::OnLoadEnd(CefRefPtr<CefBrowser> browser, CefRefPtr<CefFrame> frame, int status) {
  if (auto to = client(browser)) to->GetLoadHandler()->OnLoadEnd(browser, frame, status);
}

void Handlers::OnLoadError(CefRefPtr<CefBrowser> browser, CefRefPtr<CefFrame> frame, ErrorCode code,
                           const CefString& text, const CefString& url) {
  if (auto to = client(browser)) to->GetLoadHandler()->OnLoadError(browser, frame, code, text, url);
}

void Handlers::render_process_terminated(CefRefPtr<CefBrowser> browser, TerminationStatus status, int code) {
  if (auto to = client(browser)) static_cast<Client&>(*to).render_process_terminated(browser, status, code);
}

void Handlers::OnTitleChange(CefRefPtr<CefBrowser> browser, const CefString& title) {
  if (auto to = client(browser)) to->GetDisplayHandler()->OnTitleChange(browser, title);
}

bool Handlers::OnConsoleMessage(CefRefPtr<CefBrowser> browser, cef_log_severity_t level, const CefString& message,
                                const CefString& source, int line) {
  auto to = client(browser);
  return to && to->GetDisplayHandler()->OnConsoleMessage(browser, level, message, source, line);
}

bool Handlers::OnBeforeUnloadDialog(CefRefPtr<CefBrowser> browser, const CefString& message, bool reload,
                                    CefRefPtr<CefJSDialogCallback> callback) {
  auto to = client(browser);
  return to && to->GetJSDialogHandler()->OnBeforeUnloadDialog(browser, message, reload, callback);
}

void Handlers::OnFrameAttached(CefRefPtr<CefBrowser> browser, CefRefPtr<CefFrame> frame, bool again) {
  if (auto to = client(browser)) to->GetFrameHandler()->OnFrameAttached(browser, frame, again);
}

void Handlers::OnFrameDetached(CefRefPtr<CefBrowser> browser, CefRefPtr<CefFrame> frame) {
  if (auto to = client(browser)) to->GetFrameHandler()->OnFrameDetached(browser, frame);
}

void Handlers::OnMainFrameChanged(CefRefPtr<CefBrowser> browser, CefRefPtr<CefFrame> last, CefRefPtr<CefFrame> next) {
  if (auto to = client(browser)) to->GetFrameHandler()->OnMainFrameChanged(browser, last, next);
}

}  // namespace mullion::cef
