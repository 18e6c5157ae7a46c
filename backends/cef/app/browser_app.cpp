#include "cef/app/browser_app.hpp"

#include "cef/app/counted.hpp"
#include "cef/app/scheme.hpp"
#include "cef/browser/checks.hpp"

namespace mullion::cef {

namespace {

class BrowserApp final : Counted, public CefApp, public CefBrowserProcessHandler {
 public:
  BrowserApp(const Options& options, std::shared_ptr<MessagePump> pump) : options_(options), pump_(std::move(pump)) {}

  CefRefPtr<CefBrowserProcessHandler> GetBrowserProcessHandler() override { return this; }
  void OnRegisterCustomSchemes(CefRawPtr<CefSchemeRegistrar> registrar) override { register_app_scheme(registrar); }
  void OnScheduleMessagePumpWork(int64_t delay_ms) override {
    if (pump_) pump_->schedule(delay_ms);
  }

  // A GPU process that ends often would end the program; a program for one page has no use for the browser's errands.
  // A chrome-sandbox that is there and not setuid would end it too.
  void OnBeforeCommandLineProcessing(const CefString&, CefRefPtr<CefCommandLine> line) override {
    line->AppendSwitch("disable-gpu-process-crash-limit");
    line->AppendSwitch("disable-background-networking");
    line->AppendSwitch("disable-component-update");
    line->AppendSwitchWithValue("password-store", "basic");
    if (!has_sandbox_program()) line->AppendSwitch("disable-setuid-sandbox");
    if (!wants_gpu(options_.gpu)) line->AppendSwitch("disable-gpu");
    for (const auto& [name, value] : options_.switches)
      value.empty() ? line->AppendSwitch(name) : line->AppendSwitchWithValue(name, value);
  }

 private:
  Options options_;
  std::shared_ptr<MessagePump> pump_;
  IMPLEMENT_REFCOUNTING(BrowserApp);
};

}  // namespace

CefRefPtr<CefApp> make_browser_app(const Options& options, std::shared_ptr<MessagePump> pump) {
  return new BrowserApp(options, std::move(pump));
}

}  // namespace mullion::cef
