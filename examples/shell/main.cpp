// A program that has its CefApp, its CefClient and its main(), as CEF's cefsimple does, turned into a Mullion host: the
// lines that end in // + and program.cpp are the whole change. usage: shell URL
#include <unistd.h>

#include <mullion/cef/host.hpp>  // +

#include "program.hpp"  // +

class Client : public CefClient, public CefLifeSpanHandler {
 public:
  Client(mullion::cef::Host& host, std::string url) : host_(host), url_(std::move(url)) {}  // +

  CefRefPtr<CefLifeSpanHandler> GetLifeSpanHandler() override { return this; }
  CefRefPtr<CefLoadHandler> GetLoadHandler() override { return host_.load_handler(); }           // +
  CefRefPtr<CefRequestHandler> GetRequestHandler() override { return host_.request_handler(); }  // +

  void OnAfterCreated(CefRefPtr<CefBrowser> browser) override {
    auto contents = host_.adopt(browser, {.preload = "bridge"});  // +
    if (!contents) return host_.fail(contents.error());           // +
    (void)contents->start_load(url_);                             // +
  }
  void OnBeforeClose(CefRefPtr<CefBrowser> browser) override { host_.before_close(browser); }  // +

 private:
  mullion::cef::Host& host_;  // +
  std::string url_;
  IMPLEMENT_REFCOUNTING(Client);
};

class Shell : public CefApp, public CefBrowserProcessHandler {
 public:
  Shell(mullion::cef::Host& host, std::string url) : host_(host), url_(std::move(url)) {}  // +

  CefRefPtr<CefBrowserProcessHandler> GetBrowserProcessHandler() override { return this; }
  CefRefPtr<CefRenderProcessHandler> GetRenderProcessHandler() override {  // +
    return host_.render_process_handler();                                 // +
  }  // +

  void OnContextInitialized() override {
    if (auto attached = host_.attach(); !attached) return host_.fail(attached.error());  // +
    CefWindowInfo window;
    CefRefPtr<CefClient> client(new Client(host_, url_));                                                     // +
    CefBrowserHost::CreateBrowser(window, client, host_.first_page, CefBrowserSettings(), nullptr, nullptr);  // +
  }

 private:
  mullion::cef::Host& host_;  // +
  std::string url_;
  IMPLEMENT_REFCOUNTING(Shell);
};

int main(int argc, char** argv) {
  auto host = mullion::cef::Host::create(argc, argv, {.main = start, .preloads = {{"bridge", bridge}}});  // +
  if (!host) return mullion::report(host.error());                                                        // +
  CefRefPtr<Shell> app(new Shell(*host, argc > 1 ? argv[1] : "https://example.org"));                     // +
  if (auto code = host->run_child(app)) return *code;                                                     // +
  CefSettings settings;
  settings.no_sandbox = geteuid() == 0;
  if (!CefInitialize(CefMainArgs(argc, argv), settings, app, nullptr)) return 1;
  CefRunMessageLoop();
  int code = host->detach();  // +
  app = nullptr;
  CefShutdown();
  return code;  // +
}
