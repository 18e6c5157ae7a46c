#include "host_program.hpp"

#include <glib.h>
#include <unistd.h>

#include <algorithm>

#include "include/wrapper/cef_helpers.h"

namespace mullion::cef::test {

class TestClient final : public CefClient,
                         public CefLifeSpanHandler,
                         public CefDisplayHandler,
                         public CefJSDialogHandler {
 public:
  TestClient(HostProgram& program, bool adopt) : program_(program), adopt_(adopt) {}

  CefRefPtr<CefLifeSpanHandler> GetLifeSpanHandler() override { return this; }
  CefRefPtr<CefDisplayHandler> GetDisplayHandler() override { return this; }
  CefRefPtr<CefLoadHandler> GetLoadHandler() override { return program_.host().load_handler(); }
  CefRefPtr<CefRequestHandler> GetRequestHandler() override { return program_.host().request_handler(); }
  CefRefPtr<CefJSDialogHandler> GetJSDialogHandler() override { return program_.host().dialog_handler(); }

  void OnAfterCreated(CefRefPtr<CefBrowser> browser) override {
    program_.browsers_.push_back(browser);
    if (adopt_) program_.adopted_ = program_.host().adopt(browser, program_.preferences);
  }
  void OnBeforeClose(CefRefPtr<CefBrowser> browser) override {
    std::erase_if(program_.browsers_, [&](const auto& each) { return each->IsSame(browser); });
    program_.host().before_close(browser);
  }
  void OnTitleChange(CefRefPtr<CefBrowser> browser, const CefString& title) override {
    program_.host().display_handler()->OnTitleChange(browser, title);
  }
  bool OnConsoleMessage(CefRefPtr<CefBrowser> browser, cef_log_severity_t level, const CefString& message,
                        const CefString& source, int line) override {
    if (!adopt_) program_.console_.push_back(message);
    return program_.host().display_handler()->OnConsoleMessage(browser, level, message, source, line);
  }

 private:
  HostProgram& program_;
  bool adopt_;
  IMPLEMENT_REFCOUNTING(TestClient);
};

// The program's own part of a renderer: it is to hear of each page.
class OwnRenderer final : public CefRenderProcessHandler {
 public:
  void OnContextCreated(CefRefPtr<CefBrowser>, CefRefPtr<CefFrame> frame, CefRefPtr<CefV8Context> context) override {
    if (frame->GetV8Context()->IsSame(context))
      context->GetGlobal()->SetValue("ofShell", CefV8Value::CreateInt(5), V8_PROPERTY_ATTRIBUTE_NONE);
  }
  IMPLEMENT_REFCOUNTING(OwnRenderer);
};

gboolean work_once(gpointer) {
  CefDoMessageLoopWork();
  return G_SOURCE_REMOVE;
}

// CEF leaves off after a while and does not say that there is more: as cefclient does, it is looked at again.
gboolean work_again(gpointer) {
  CefDoMessageLoopWork();
  return G_SOURCE_CONTINUE;
}

class TestApp final : public CefApp, public CefBrowserProcessHandler {
 public:
  explicit TestApp(HostProgram& program) : program_(program) {}

  CefRefPtr<CefBrowserProcessHandler> GetBrowserProcessHandler() override { return this; }
  CefRefPtr<CefRenderProcessHandler> GetRenderProcessHandler() override {
    return program_.host().render_process_handler(own_);
  }
  void OnRegisterCustomSchemes(CefRawPtr<CefSchemeRegistrar> registrar) override { Host::register_schemes(registrar); }
  void OnBeforeCommandLineProcessing(const CefString&, CefRefPtr<CefCommandLine> line) override {
    line->AppendSwitch("disable-gpu");
    line->AppendSwitch("disable-gpu-shader-disk-cache");
  }
  void OnContextInitialized() override {
    auto attached = program_.host().attach();
    program_.attached_with_entry = program_.entry_began();
    if (!attached) return program_.host().fail(attached.error());
    if (program_.fails) return program_.host().fail(program_.host().attach().error());
    program_.open_browser(Host::first_page, true);
  }
  void OnScheduleMessagePumpWork(int64_t delay_ms) override {
    if (program_.turns_ == Turns::pump)
      g_timeout_add(static_cast<guint>(std::max<int64_t>(delay_ms, 0)), work_once, nullptr);
  }

 private:
  HostProgram& program_;
  CefRefPtr<OwnRenderer> own_ = new OwnRenderer;
  IMPLEMENT_REFCOUNTING(TestApp);
};

HostProgram::HostProgram(int argc, char** argv, Program program)
    : argc_(argc), argv_(argv), host_(Host::create(argc, argv, std::move(program), {.quit = [this] {
                                                     is_left_ = true;
                                                     if (turns_ == Turns::run) CefQuitMessageLoop();
                                                     left_.release();
                                                   }})) {}

void HostProgram::open_browser(const std::string& url, bool adopt) {
  CefRefPtr<CefClient> client(new TestClient(*this, adopt));
  CefBrowserHost::CreateBrowser(CefWindowInfo(), client, url, CefBrowserSettings(), nullptr, nullptr);
}

bool HostProgram::heard(std::string_view line) const { return std::ranges::find(console_, line) != console_.end(); }

CefSettings HostProgram::settings() const {
  CefSettings settings;
  settings.no_sandbox = geteuid() == 0;
  settings.command_line_args_disabled = true;
  settings.log_severity = LOGSEVERITY_FATAL;
  settings.external_message_pump = turns_ == Turns::pump;
  settings.multi_threaded_message_loop = turns_ == Turns::thread;
  return settings;
}

void HostProgram::turn_until_left() {
  if (turns_ == Turns::run) return CefRunMessageLoop();
  if (turns_ == Turns::thread) return left_.acquire();
  if (turns_ == Turns::pump) g_timeout_add(30, work_again, nullptr);
  while (!is_left_) {
    if (turns_ == Turns::work) CefDoMessageLoopWork();
    if (turns_ == Turns::work) usleep(1000);
    if (turns_ == Turns::pump) g_main_context_iteration(nullptr, TRUE);
  }
}

int HostProgram::run(Turns turns) {
  if (!host_) return report(host_.error());
  turns_ = turns;
  CefRefPtr<TestApp> app(new TestApp(*this));
  if (auto code = host_->run_child(app)) return *code;
  if (!CefInitialize(CefMainArgs(argc_, argv_), settings(), app, nullptr)) return 70;
  turn_until_left();
  adopted_ = std::unexpected(Error{});
  int code = host_->detach();
  browsers_.clear();
  app = nullptr;
  CefShutdown();
  return code;
}

}  // namespace mullion::cef::test
