// Mullion in a program that already has its CefApp, CefClient and main().
#pragma once

#include <include/cef_app.h>
#include <include/cef_browser.h>
#include <include/cef_client.h>

#include <functional>
#include <memory>
#include <optional>

#include "mullion/main.hpp"

namespace mullion::cef {

struct HostOptions {
  // Ends the program's message loop; called on CEF's UI thread, once, when the App has quit and the browsers that it
  // knows are closed. Empty is CefQuitMessageLoop().
  std::function<void()> quit{};
};

// The program forwards a handful of callbacks, and its browsers become WebContents: preloads, contextBridge, ipcMain,
// ports, utility processes. It keeps its windows, its handlers and its loop. Built as CEF programs are, -fno-exceptions
// -fno-rtti, with the same CEF that libmullion-cef-host was built with; examples/shell is a whole one.
//
//   int main(int argc, char** argv) {
//     auto host = mullion::cef::Host::create(argc, argv, {.main = start, .preloads = {{"bridge", bridge}}});
//     if (!host) return mullion::report(host.error());
//     CefRefPtr<Shell> app = new Shell(*host);                      // calls attach(), render_process_handler()
//     if (auto code = host->run_child(app)) return *code;
//     if (!CefInitialize(args, settings, app, nullptr)) return 1;
//     CefRunMessageLoop();
//     int code = host->detach();
//     app = nullptr;
//     CefShutdown();
//     return code;
//   }
//
// Threads: main() before attach(), then CEF's UI thread. Loops: CefRunMessageLoop, CefDoMessageLoopWork, and an
// external pump in a program that iterates GLib's default context, as GTK's do; with CEF's own UI thread
// (multi_threaded_message_loop) HostOptions::quit is needed. App::loop() lives there in GLib's loop.
//
// - A browser that was not adopted is left alone.
// - BrowserWindow::create works as well, and makes a window of CEF's Views.
// - Main makes itself undumpable in attach(), as in every Mullion program.
class Host {
 public:
  // The first thing in main(), in every process of the program. Program::backends may stay empty: this is one, "cef".
  static Result<Host> create(int argc, char** argv, Program program, HostOptions options = {});
  Host(Host&&) noexcept;
  ~Host();

  // If this is one of the program's children, Mullion's or CEF's, runs it and answers its exit code. It takes the place
  // of CefExecuteProcess, and stands before CefInitialize. The executable is started again for utility processes.
  std::optional<int> run_child(CefRefPtr<CefApp> app);

  // ---- forwarded by the program's CefApp ----

  // What GetRenderProcessHandler() answers; `own`, which may be null, hears everything too.
  CefRefPtr<CefRenderProcessHandler> render_process_handler(CefRefPtr<CefRenderProcessHandler> own = nullptr);
  // OnRegisterCustomSchemes, in a program whose pages come from app: (App::handle_app_protocol).
  static void register_schemes(CefRawPtr<CefSchemeRegistrar> registrar);
  // OnContextInitialized: the App is ready and Program::main has begun when it returns.
  Result<> attach();
  // Prints the error and ends the program, whose detach() will answer 1.
  void fail(const Error& error);

  // ---- forwarded by the program's CefClient ----

  // What a browser that waits for its preload shows: the URL to create it with. On another one Mullion begins at the
  // next load.
  static constexpr const char* first_page = "about:blank#mullion";
  // OnAfterCreated: the browser is a WebContents and a BrowserWindow of the App from here on. Loads are begun there
  // (start_load), or by CEF after the first of them. `invalid`: not attached, or adopted already.
  Result<main::WebContents> adopt(CefRefPtr<CefBrowser> browser, main::WebPreferences preferences = {});
  // OnBeforeClose. The window is `closed`, in the next turn.
  void before_close(CefRefPtr<CefBrowser> browser);
  // OnRenderProcessTerminated, in a program that has a request handler of its own; CEF 116 knows no code.
  void render_process_terminated(CefRefPtr<CefBrowser> browser, cef_termination_status_t status, int code = 0);

  // What GetLoadHandler() and its like answer in a program that has none of its own; one that has calls these from it.
  // Each does nothing for browsers that were not adopted.
  CefRefPtr<CefLoadHandler> load_handler() const;        // needed: without it no load ends
  CefRefPtr<CefRequestHandler> request_handler() const;  // a renderer's end
  CefRefPtr<CefDisplayHandler> display_handler() const;  // page_title_updated and console_message
  CefRefPtr<CefJSDialogHandler> dialog_handler() const;  // a page's beforeunload, which holds as in Electron
  CefRefPtr<CefFrameHandler> frame_handler() const;      // a frame's new process and end, a little earlier

  main::App* app() const;  // null before attach() and after detach()

  // After the message loop has ended, before CefShutdown: ends the App, and lets go of every object of CEF's. Answers
  // the program's exit code: App::exit's, 1 after fail() or an error of Program::main, else 0.
  int detach();

 private:
  struct State;
  explicit Host(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace mullion::cef
