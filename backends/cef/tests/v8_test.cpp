// Runs the tests of the script face and of the kernel in the renderer process of a real CEF browser. One program: it
// brings its own X server, shows one page, and tells the page's renderer to run the tests; the exit code is theirs.
// Arguments are doctest's. Each frame of the page has an isolated world beside its main one, made by way of DevTools.
#define DOCTEST_CONFIG_IMPLEMENT
#define DOCTEST_CONFIG_NO_POSIX_SIGNALS
#include <doctest/doctest.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "include/cef_app.h"
#include "include/cef_browser.h"
#include "include/cef_client.h"
#include "include/cef_devtools_message_observer.h"
#include "include/cef_registration.h"
#include "v8_harness.hpp"

namespace mullion::cef::v8_test {
namespace {

constexpr int deadline_ms = 150'000;

// An X server of our own on a free display, ended with the test.
class Display {
 public:
  bool start() {
    int ready[2];
    if (pipe(ready) != 0) return false;
    process_ = fork();
    if (process_ == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      const std::string descriptor = std::to_string(ready[1]);
      execlp("Xvfb", "Xvfb", "-displayfd", descriptor.c_str(), "-screen", "0", "800x600x24", "-nolisten", "tcp",
             nullptr);
      _exit(127);
    }
    close(ready[1]);
    char number[16] = {};
    const auto got = read(ready[0], number, sizeof number - 1);
    close(ready[0]);
    setenv("DISPLAY", (":" + std::to_string(std::atoi(number))).c_str(), 1);
    return got > 0;
  }
  ~Display() {
    if (process_ <= 0) return;
    kill(process_, SIGTERM);
    waitpid(process_, nullptr, 0);
  }

 private:
  pid_t process_ = 0;
};

class Folder {
 public:
  Folder() : path_(std::filesystem::temp_directory_path() / "mullion-v8-test-XXXXXX") { (void)mkdtemp(path_.data()); }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

constexpr const char* page_url = "data:text/html,<title>v8_test</title><body></body>";

// Asks for the isolated worlds, then loads the page.
class Worlds final : public CefDevToolsMessageObserver {
 public:
  static void make(CefRefPtr<CefBrowser> browser, CefRefPtr<CefRegistration>& registration) {
    auto host = browser->GetHost();
    registration = host->AddDevToolsMessageObserver(new Worlds);
    host->ExecuteDevToolsMethod(1, "Page.enable", nullptr);
    auto parameters = CefDictionaryValue::Create();
    parameters->SetString("source", "0");
    parameters->SetString("worldName", "isolated");
    host->ExecuteDevToolsMethod(2, "Page.addScriptToEvaluateOnNewDocument", parameters);
  }
  void OnDevToolsMethodResult(CefRefPtr<CefBrowser> browser, int id, bool, const void*, size_t) override {
    if (id == 2) browser->GetMainFrame()->LoadURL(page_url);
  }

 private:
  IMPLEMENT_REFCOUNTING(Worlds);
};

class Client final : public CefClient,
                     public CefLifeSpanHandler,
                     public CefLoadHandler,
                     public version::RequestHandler {
 public:
  explicit Client(int& code) : code_(code) {}
  CefRefPtr<CefLifeSpanHandler> GetLifeSpanHandler() override { return this; }
  CefRefPtr<CefLoadHandler> GetLoadHandler() override { return this; }
  CefRefPtr<CefRequestHandler> GetRequestHandler() override { return this; }

  void OnAfterCreated(CefRefPtr<CefBrowser> browser) override { Worlds::make(browser, worlds_); }
  void OnLoadEnd(CefRefPtr<CefBrowser>, CefRefPtr<CefFrame> frame, int) override {
    if (frame->IsMain() && frame->GetURL() == page_url)
      frame->SendProcessMessage(PID_RENDERER, CefProcessMessage::Create("run"));
  }
  bool OnProcessMessageReceived(CefRefPtr<CefBrowser> browser, CefRefPtr<CefFrame>, CefProcessId,
                                CefRefPtr<CefProcessMessage> message) override {
    code_ = message->GetArgumentList()->GetInt(0);
    browser->GetHost()->CloseBrowser(true);
    return true;
  }
  void render_process_terminated(CefRefPtr<CefBrowser> browser, TerminationStatus, int) override {
    std::fputs("v8_test: the renderer process ended before the tests did\n", stderr);
    browser->GetHost()->CloseBrowser(true);
  }
  void OnBeforeClose(CefRefPtr<CefBrowser>) override {
    worlds_ = nullptr;
    CefQuitMessageLoop();
  }

 private:
  int& code_;
  CefRefPtr<CefRegistration> worlds_;
  IMPLEMENT_REFCOUNTING(Client);
};

class Deadline final : public CefTask {
 public:
  void Execute() override {
    std::fputs("v8_test: the tests took too long\n", stderr);
    CefQuitMessageLoop();
  }

 private:
  IMPLEMENT_REFCOUNTING(Deadline);
};

class Program final : public CefApp, public CefBrowserProcessHandler, public CefRenderProcessHandler {
 public:
  CefRefPtr<CefBrowserProcessHandler> GetBrowserProcessHandler() override { return this; }
  CefRefPtr<CefRenderProcessHandler> GetRenderProcessHandler() override { return this; }
  int code() const { return code_; }

  void OnBeforeCommandLineProcessing(const CefString&, CefRefPtr<CefCommandLine> line) override {
    line->AppendSwitch("disable-gpu");
    line->AppendSwitchWithValue("js-flags", "--expose-gc");
  }
  void OnContextInitialized() override {
    CefBrowserHost::CreateBrowser(CefWindowInfo(), new Client(code_), "about:blank", CefBrowserSettings(), nullptr,
                                  nullptr);
    CefPostDelayedTask(TID_UI, new Deadline, deadline_ms);
  }

  void OnContextCreated(CefRefPtr<CefBrowser>, CefRefPtr<CefFrame> frame, CefRefPtr<CefV8Context> context) override {
    if (!frame->IsMain() && runner_)
      runner_->made(context);
    else if (frame->IsMain() && frame->GetV8Context()->IsSame(context))
      page_ = context;
  }
  void OnContextReleased(CefRefPtr<CefBrowser>, CefRefPtr<CefFrame>, CefRefPtr<CefV8Context> context) override {
    if (page_ && page_->IsSame(context)) page_ = nullptr;
  }
  bool OnProcessMessageReceived(CefRefPtr<CefBrowser>, CefRefPtr<CefFrame> frame, CefProcessId,
                                CefRefPtr<CefProcessMessage>) override {
    runner_ = std::make_unique<Runner>(page_);
    runner_->start([this, frame](int code) {
      auto message = CefProcessMessage::Create("done");
      message->GetArgumentList()->SetInt(0, code);
      frame->SendProcessMessage(PID_BROWSER, message);
      runner_.reset();
    });
    return true;
  }

 private:
  int code_ = 1;
  CefRefPtr<CefV8Context> page_;
  std::unique_ptr<Runner> runner_;
  IMPLEMENT_REFCOUNTING(Program);
};

CefSettings settings(const Folder& folder) {
  CefSettings settings;
  settings.no_sandbox = geteuid() == 0;
  settings.log_severity = LOGSEVERITY_FATAL;
  CefString(&settings.resources_dir_path) = CEF_RUNTIME;
  CefString(&settings.locales_dir_path) = CEF_RUNTIME "/locales";
  CefString(&settings.root_cache_path) = folder.path();
  return settings;
}

void pass_arguments(int argc, char** argv) {
  std::string all;
  for (int i = 1; i < argc; ++i) all += std::string(argv[i]) + "\n";
  setenv("MULLION_V8_TEST_ARGUMENTS", all.c_str(), 1);
}

int run(int argc, char** argv) {
  keep_source_file(CLONE_VECTORS);
  CefRefPtr<Program> program = new Program;
  CefMainArgs arguments(argc, argv);
  if (const int code = CefExecuteProcess(arguments, program, nullptr); code >= 0) return code;
  Display display;
  if (!display.start()) {
    std::fputs("v8_test: no X server could be started; Debian's xvfb has it (tools/setup installs it)\n", stderr);
    return 1;
  }
  pass_arguments(argc, argv);
  Folder folder;
  CefMainArgs none(1, argv);
  if (!CefInitialize(none, settings(folder), program, nullptr)) return 1;
  CefRunMessageLoop();
  const int code = program->code();
  program = nullptr;
  CefShutdown();
  return code;
}

}  // namespace
}  // namespace mullion::cef::v8_test

int main(int argc, char** argv) { return mullion::cef::v8_test::run(argc, argv); }
