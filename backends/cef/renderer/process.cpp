#include "cef/renderer/process.hpp"

#include "cef/app/scheme.hpp"
#include "cef/renderer/handler.hpp"
#include "include/cef_app.h"

namespace mullion::cef {

namespace {

class ProcessApp final : public CefApp {
 public:
  explicit ProcessApp(CefRefPtr<RenderHandler> handler) : handler_(std::move(handler)) {}
  CefRefPtr<CefRenderProcessHandler> GetRenderProcessHandler() override { return handler_; }
  void OnRegisterCustomSchemes(CefRawPtr<CefSchemeRegistrar> registrar) override { register_app_scheme(registrar); }

 private:
  CefRefPtr<RenderHandler> handler_;
  IMPLEMENT_REFCOUNTING(ProcessApp);
};

}  // namespace

int run_process(int argc, char** argv, backend::ProcessHost& host, UniqueFd hello) {
  CefRefPtr<RenderHandler> handler(new RenderHandler(host, std::move(hello)));
  int code = CefExecuteProcess(CefMainArgs(argc, argv), new ProcessApp(handler), nullptr);
  handler->leave();
  return code < 0 ? 1 : code;
}

}  // namespace mullion::cef
