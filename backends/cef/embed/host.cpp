#include "mullion/cef/host.hpp"

#include <poll.h>

#include <algorithm>
#include <semaphore>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "cef/app/hello_socket.hpp"
#include "cef/app/isolated_world.hpp"
#include "cef/app/scheme.hpp"
#include "cef/app/task.hpp"
#include "cef/embed/host_backend.hpp"
#include "mullion/adapters/glib.hpp"

namespace mullion::cef {

namespace {

static_assert(std::string_view(Host::first_page) == empty_page);

constexpr int closing_poll_ms = 10;
constexpr int closing_patience_polls = 500;

bool is_child(int argc, char** argv) {
  for (int i = 1; i < argc; ++i)
    if (std::string_view(argv[i]).starts_with("--mullion-role=")) return true;
  return !process_type(argc, argv).empty();
}

Error refused(const char* code, const char* why) { return {.kind = Kind::invalid, .code = code, .message = why}; }

}  // namespace

struct Host::State {
  State(int argc, char** argv, Program given, HostOptions options)
      : argc(argc), argv(argv), program(std::move(given)), options(std::move(options)) {
    program.backends.insert(program.backends.begin(), std::make_shared<HostBackend>(child, main));
  }

  Result<> start_app();
  void app_ended(int code);
  void leave_when_closed();
  void quit();
  void end(bool works);

  int argc;
  char** argv;
  Program program;
  HostOptions options;
  ChildParts child;
  MainParts main;
  std::unique_ptr<adapters::GlibSource> source;
  std::unique_ptr<mullion::main::App> app;
  std::unordered_map<int, mullion::main::BrowserWindow> windows;  // by the browser's number
  Timer closing;
  int closing_polls = 0;
  int code = 0;
  bool ended = false;  // the App has quit
  bool left = false;   // the message loop was told to end
};

// ---- the App's life ----

Result<> Host::State::start_app() {
  source = adapters::GlibSource::attach(*main.loop);
  std::vector<std::string> arguments(argv + std::min(argc, 1), argv + argc);
  auto opened =
      mullion::main::detail::open_app(*main.loop, program, std::move(arguments), [this](int at) { app_ended(at); });
  if (!opened) return std::unexpected(std::move(opened).error());
  app = std::move(*opened);
  if (auto there = mullion::main::detail::open_backend(*app, HostBackend::own_name); !there) return there;
  main.loop->dispatch();
  return {};
}

void Host::State::app_ended(int at) {
  ended = true;
  code = code ? code : at;
  closing = Timer(*main.loop, 0, [this] { leave_when_closed(); }, closing_poll_ms);
}

// Chromium ends the program if it shuts down before a browser has closed.
void Host::State::leave_when_closed() {
  if (*main.browsers > 0 && ++closing_polls < closing_patience_polls) return;
  closing = Timer();
  quit();
}

void Host::State::quit() {
  if (std::exchange(left, true)) return;
  options.quit ? options.quit() : CefQuitMessageLoop();
}

// What is open still is closed; only where the message loop is this thread's can that be waited for.
void Host::State::end(bool works) {
  left = true;
  main.sockets.children.reset();
  if (app) app->exit(0);
  for (int polls = 0; works && *main.browsers > 0 && polls < closing_patience_polls; ++polls) {
    CefDoMessageLoopWork();
    poll(nullptr, 0, closing_poll_ms);
  }
  closing = Timer();
  windows.clear();
  app.reset();
  source.reset();
  main.handlers->clear();
  main.adopting = nullptr;
  main.sockets.hellos.reset();
  main.loop.reset();
  main.folder.reset();
}

// ---- main() ----

Result<Host> Host::create(int argc, char** argv, Program program, HostOptions options) {
  Host host(std::make_unique<State>(argc, argv, std::move(program), std::move(options)));
  if (is_child(argc, argv)) return host;
  if (auto opened = host.state_->main.open(); !opened) return std::unexpected(std::move(opened).error());
  return host;
}

Host::Host(std::unique_ptr<State> state) : state_(std::move(state)) {}
Host::Host(Host&&) noexcept = default;
Host::~Host() = default;

std::optional<int> Host::run_child(CefRefPtr<CefApp> app) {
  if (!is_child(state_->argc, state_->argv)) return std::nullopt;
  state_->child.app = std::move(app);
  int code = run(state_->argc, state_->argv, state_->program);
  state_->child = {};
  return code;
}

int Host::detach() {
  auto& state = *state_;
  if (!state.source || CefCurrentlyOn(TID_UI)) {
    state.end(state.source != nullptr);
    return state.code;
  }
  std::binary_semaphore ended(0);
  CefPostTask(TID_UI, new Task([&] {
                state.end(false);
                ended.release();
              }));
  ended.acquire();
  return state.code;
}

// ---- CefApp ----

CefRefPtr<CefRenderProcessHandler> Host::render_process_handler(CefRefPtr<CefRenderProcessHandler> own) {
  auto& child = state_->child;
  if (!child.process) return own;
  if (!child.renderer) child.renderer = new RenderHandler(*child.process, std::move(child.hello), std::move(own));
  return child.renderer;
}

void Host::register_schemes(CefRawPtr<CefSchemeRegistrar> registrar) { register_app_scheme(registrar); }

Result<> Host::attach() {
  if (state_->app || !state_->main.loop)
    return std::unexpected(refused("attach", "a Host is attached once, in the program's main process"));
  auto started = state_->start_app();
  if (!started) state_->main.sockets.hellos.reset();
  return started;
}

// The message loop may not run yet: then it is not to be ended, but to end when it does.
void Host::fail(const Error& error) {
  state_->code = report(error);
  CefPostTask(TID_UI, new Task([state = state_.get()] { state->quit(); }));
}

mullion::main::App* Host::app() const { return state_->app.get(); }

// ---- CefClient ----

Result<main::WebContents> Host::adopt(CefRefPtr<CefBrowser> browser, main::WebPreferences preferences) {
  auto& state = *state_;
  if (!state.app) return std::unexpected(refused("attach", "a browser is adopted after attach()"));
  if (state.main.handlers->client(browser)) return std::unexpected(refused("adopted", "this browser was adopted"));
  state.main.adopting = browser;
  main::BrowserWindowOptions options{
      .title = "", .backend = HostBackend::own_name, .web_preferences = std::move(preferences)};
  auto window = main::BrowserWindow::create(*state.app, std::move(options));
  state.main.adopting = nullptr;
  if (!window) return std::unexpected(std::move(window).error());
  state.windows.insert_or_assign(browser->GetIdentifier(), *window);
  return window->web_contents();
}

void Host::before_close(CefRefPtr<CefBrowser> browser) {
  auto& state = *state_;
  auto client = state.main.handlers->client(browser);
  if (!client) return;
  client->GetLifeSpanHandler()->OnBeforeClose(browser);
  state.main.handlers->remove(browser);
  auto window = state.windows.extract(browser->GetIdentifier());
  if (window) state.main.loop->defer([window = window.mapped()] { window.destroy(); });
}

void Host::render_process_terminated(CefRefPtr<CefBrowser> browser, cef_termination_status_t status, int code) {
  state_->main.handlers->render_process_terminated(browser, status, code);
}

CefRefPtr<CefLoadHandler> Host::load_handler() const { return state_->main.handlers; }
CefRefPtr<CefRequestHandler> Host::request_handler() const { return state_->main.handlers; }
CefRefPtr<CefDisplayHandler> Host::display_handler() const { return state_->main.handlers; }
CefRefPtr<CefJSDialogHandler> Host::dialog_handler() const { return state_->main.handlers; }
CefRefPtr<CefFrameHandler> Host::frame_handler() const { return state_->main.handlers; }

}  // namespace mullion::cef
