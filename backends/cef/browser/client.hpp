// What Chromium says of one browser, handed to its view while there is one.
#pragma once

#include <memory>

#include "cef/app/counted.hpp"
#include "cef/version.hpp"
#include "include/cef_client.h"
#include "include/cef_display_handler.h"
#include "include/cef_frame_handler.h"
#include "include/cef_jsdialog_handler.h"
#include "include/cef_load_handler.h"
#include "include/cef_render_handler.h"

namespace mullion::cef {

class View;

class Client final : Counted,
                     public CefClient,
                     public version::LifeSpanHandler,
                     public version::RequestHandler,
                     public CefLoadHandler,
                     public CefDisplayHandler,
                     public CefFrameHandler,
                     public CefJSDialogHandler {
 public:
  // `painter` takes what a browser without a window draws.
  Client(View& view, std::shared_ptr<int> browsers, CefRefPtr<CefRenderHandler> painter)
      : view_(&view), browsers_(std::move(browsers)), painter_(painter) {}
  void detach() { view_ = nullptr; }

  CefRefPtr<CefLifeSpanHandler> GetLifeSpanHandler() override { return this; }
  CefRefPtr<CefRequestHandler> GetRequestHandler() override { return this; }
  CefRefPtr<CefLoadHandler> GetLoadHandler() override { return this; }
  CefRefPtr<CefDisplayHandler> GetDisplayHandler() override { return this; }
  CefRefPtr<CefFrameHandler> GetFrameHandler() override { return this; }
  CefRefPtr<CefJSDialogHandler> GetJSDialogHandler() override { return this; }
  CefRefPtr<CefRenderHandler> GetRenderHandler() override { return painter_; }

  void OnAfterCreated(CefRefPtr<CefBrowser> browser) override;
  bool DoClose(CefRefPtr<CefBrowser> browser) override;
  void OnBeforeClose(CefRefPtr<CefBrowser> browser) override;
  void render_process_terminated(CefRefPtr<CefBrowser> browser, TerminationStatus status, int code) override;
  void OnLoadingStateChange(CefRefPtr<CefBrowser> browser, bool loading, bool can_go_back,
                            bool can_go_forward) override;
  void OnLoadStart(CefRefPtr<CefBrowser> browser, CefRefPtr<CefFrame> frame, TransitionType transition) override;
  void OnLoadEnd(CefRefPtr<CefBrowser> browser, CefRefPtr<CefFrame> frame, int status) override;
  void OnLoadError(CefRefPtr<CefBrowser> browser, CefRefPtr<CefFrame> frame, ErrorCode code, const CefString& text,
                   const CefString& url) override;
  void OnTitleChange(CefRefPtr<CefBrowser> browser, const CefString& title) override;
  bool OnConsoleMessage(CefRefPtr<CefBrowser> browser, cef_log_severity_t level, const CefString& message,
                        const CefString& source, int line) override;
  void OnFrameAttached(CefRefPtr<CefBrowser> browser, CefRefPtr<CefFrame> frame, bool again) override;
  void OnFrameDetached(CefRefPtr<CefBrowser> browser, CefRefPtr<CefFrame> frame) override;
  void OnMainFrameChanged(CefRefPtr<CefBrowser> browser, CefRefPtr<CefFrame> last, CefRefPtr<CefFrame> next) override;
  bool OnBeforeUnloadDialog(CefRefPtr<CefBrowser> browser, const CefString& message, bool reload,
                            CefRefPtr<CefJSDialogCallback> callback) override;

 private:
  View* view_;
  std::shared_ptr<int> browsers_;
  CefRefPtr<CefRenderHandler> painter_;
  IMPLEMENT_REFCOUNTING(Client);
};

}  // namespace mullion::cef
