// Mullion's part of a renderer process: says hello, joins main, and follows the frames.
#pragma once

#include <memory>

#include "cef/renderer/frames.hpp"
#include "include/cef_render_process_handler.h"
#include "mullion/backend.hpp"
#include "mullion/base/unique_fd.hpp"

namespace mullion::cef {

// `next` is the program's own: it hears everything too, and after this.
class RenderHandler final : public CefRenderProcessHandler {
 public:
  RenderHandler(backend::ProcessHost& host, UniqueFd hello, CefRefPtr<CefRenderProcessHandler> next = nullptr)
      : host_(host), hello_(std::move(hello)), next_(std::move(next)) {}
  void leave();  // the script thread runs no more

  void OnWebKitInitialized() override;
  void OnBrowserCreated(CefRefPtr<CefBrowser> browser, CefRefPtr<CefDictionaryValue> extra) override;
  void OnBrowserDestroyed(CefRefPtr<CefBrowser> browser) override;
  CefRefPtr<CefLoadHandler> GetLoadHandler() override;
  void OnContextCreated(CefRefPtr<CefBrowser> browser, CefRefPtr<CefFrame> frame,
                        CefRefPtr<CefV8Context> context) override;
  void OnContextReleased(CefRefPtr<CefBrowser> browser, CefRefPtr<CefFrame> frame,
                         CefRefPtr<CefV8Context> context) override;
  void OnUncaughtException(CefRefPtr<CefBrowser> browser, CefRefPtr<CefFrame> frame, CefRefPtr<CefV8Context> context,
                           CefRefPtr<CefV8Exception> exception, CefRefPtr<CefV8StackTrace> stack) override;
  void OnFocusedNodeChanged(CefRefPtr<CefBrowser> browser, CefRefPtr<CefFrame> frame,
                            CefRefPtr<CefDOMNode> node) override;
  bool OnProcessMessageReceived(CefRefPtr<CefBrowser> browser, CefRefPtr<CefFrame> frame, CefProcessId from,
                                CefRefPtr<CefProcessMessage> message) override;

 private:
  Result<backend::RendererHost*> join();

  backend::ProcessHost& host_;
  UniqueFd hello_;
  CefRefPtr<CefRenderProcessHandler> next_;
  std::unique_ptr<Frames> frames_;
  IMPLEMENT_REFCOUNTING(RenderHandler);
};

}  // namespace mullion::cef
