#include "cef/renderer/process.hpp"

#include <charconv>

#include "cef/app/hello.hpp"
#include "cef/app/scheme.hpp"
#include "cef/app/task.hpp"
#include "cef/renderer/frames.hpp"
#include "include/cef_app.h"
#include "include/cef_command_line.h"
#include "mullion/base/log.hpp"
#include "mullion/transport/link.hpp"

namespace mullion::cef {

namespace {

// What Chromium calls this process, and a part of the names of its frames in the browser process.
std::int32_t own_number() {
  auto text = CefCommandLine::GetGlobalCommandLine()->GetSwitchValue("renderer-client-id").ToString();
  std::int32_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

class ProcessApp final : public CefApp, public CefRenderProcessHandler {
 public:
  ProcessApp(backend::ProcessHost& host, UniqueFd hello) : host_(host), hello_(std::move(hello)) {}

  CefRefPtr<CefRenderProcessHandler> GetRenderProcessHandler() override { return this; }
  void OnRegisterCustomSchemes(CefRawPtr<CefSchemeRegistrar> registrar) override { register_app_scheme(registrar); }

  void OnWebKitInitialized() override {
    auto joined = join();
    hello_.reset();
    if (!joined) return log(Level::error, "this renderer has no link: " + joined.error().message);
    frames_ = std::make_unique<Frames>(**joined);
  }
  void OnContextCreated(CefRefPtr<CefBrowser> browser, CefRefPtr<CefFrame> frame,
                        CefRefPtr<CefV8Context> context) override {
    if (frames_) frames_->context_created(browser, frame, context);
  }
  void OnContextReleased(CefRefPtr<CefBrowser>, CefRefPtr<CefFrame>, CefRefPtr<CefV8Context> context) override {
    if (frames_) frames_->context_released(context);
  }
  void OnBrowserDestroyed(CefRefPtr<CefBrowser> browser) override {
    if (frames_) frames_->browser_destroyed(browser->GetIdentifier());
  }

  void leave() {
    if (std::exchange(frames_, nullptr)) host_.leave();
  }

 private:
  // The inherited socket is shared with every other renderer: it carries one message, and nothing is read from it.
  Result<backend::RendererHost*> join() {
    auto pair = transport::Link::socket_pair();
    if (!pair) return std::unexpected(std::move(pair).error());
    auto sent = send_hello(hello_.get(), {own_number(), std::move(pair->first)});
    if (!sent) return std::unexpected(std::move(sent).error());
    auto thread = CefTaskRunner::GetForThread(TID_RENDERER);
    return host_.join(std::move(pair->second), [thread](auto task) { thread->PostTask(new Task(std::move(task))); });
  }

  backend::ProcessHost& host_;
  UniqueFd hello_;
  std::unique_ptr<Frames> frames_;
  IMPLEMENT_REFCOUNTING(ProcessApp);
};

}  // namespace

int run_process(int argc, char** argv, backend::ProcessHost& host, UniqueFd hello) {
  CefRefPtr<ProcessApp> app(new ProcessApp(host, std::move(hello)));
  int code = CefExecuteProcess(CefMainArgs(argc, argv), app, nullptr);
  app->leave();
  return code < 0 ? 1 : code;
}

}  // namespace mullion::cef
