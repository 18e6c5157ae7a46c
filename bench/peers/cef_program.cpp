// A bare CEF program, as small as one can be that shows a page in a window and answers it: a page's cefQuery by CEF's
// own message router, CefRunMessageLoop, and of switches and settings what Mullion's backend has. It is Chromium's
// subprocess executable too. `cef_program --turn=NAME` plays one round and leaves its outcome in descriptor 3.
#include <dlfcn.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <set>
#include <sstream>

#include "cef/version.hpp"
#include "harness/exchange.hpp"
#include "harness/laps.hpp"
#include "harness/process.hpp"
#include "harness/resident.hpp"
#include "include/capi/cef_app_capi.h"
#include "include/cef_app.h"
#include "include/cef_scheme.h"
#include "include/wrapper/cef_message_router.h"
#include "include/wrapper/cef_stream_resource_handler.h"
#include "suite/row.hpp"

namespace mullion::bench {
namespace {

constexpr std::string_view page_means = R"js(
const query = request => new Promise((resolve, reject) =>
  cefQuery({request, onSuccess: resolve, onFailure: (code, why) => reject(new Error(why))}))
const bench = {
  ask: query,
  say: query,
  failed: why => query(('failed: ' + why).slice(0, 60)),
  load: turn => Array.from({length: 1 << 14}, (_, place) => text(turn * 31 + place)).join(''),
  same: (one, other) => one === other,
}
)js";
constexpr std::size_t shortest_body = 64;  // what is shorter is a word to main

class Task final : public CefTask {
 public:
  explicit Task(std::function<void()> run) : run_(std::move(run)) {}
  void Execute() override { run_(); }

 private:
  std::function<void()> run_;
  IMPLEMENT_REFCOUNTING(Task);
};

void after(int milliseconds, std::function<void()> run) {
  CefPostDelayedTask(TID_UI, new Task(std::move(run)), milliseconds);
}

class App final : public CefApp, public CefRenderProcessHandler {
 public:
  CefRefPtr<CefRenderProcessHandler> GetRenderProcessHandler() override { return this; }
  void OnRegisterCustomSchemes(CefRawPtr<CefSchemeRegistrar> registrar) override {
    registrar->AddCustomScheme("app", CEF_SCHEME_OPTION_STANDARD | CEF_SCHEME_OPTION_SECURE |
                                          CEF_SCHEME_OPTION_CORS_ENABLED | CEF_SCHEME_OPTION_FETCH_ENABLED);
  }
  void OnBeforeCommandLineProcessing(const CefString& type, CefRefPtr<CefCommandLine> line) override {
    if (!type.empty()) return;
    for (const char* name : {"disable-gpu-process-crash-limit", "disable-background-networking",
                             "disable-component-update", "disable-setuid-sandbox"})
      line->AppendSwitch(name);
    line->AppendSwitchWithValue("password-store", "basic");
    line->AppendSwitchWithValue("log-severity", "fatal");
    if (access("/dev/dri", X_OK) != 0) line->AppendSwitch("disable-gpu");
  }

  void OnWebKitInitialized() override { router_ = CefMessageRouterRendererSide::Create(CefMessageRouterConfig()); }
  void OnContextCreated(CefRefPtr<CefBrowser> browser, CefRefPtr<CefFrame> frame,
                        CefRefPtr<CefV8Context> context) override {
    router_->OnContextCreated(browser, frame, context);
  }
  void OnContextReleased(CefRefPtr<CefBrowser> browser, CefRefPtr<CefFrame> frame,
                         CefRefPtr<CefV8Context> context) override {
    router_->OnContextReleased(browser, frame, context);
  }
  bool OnProcessMessageReceived(CefRefPtr<CefBrowser> browser, CefRefPtr<CefFrame> frame, CefProcessId source,
                                CefRefPtr<CefProcessMessage> message) override {
    return router_->OnProcessMessageReceived(browser, frame, source, message);
  }

 private:
  CefRefPtr<CefMessageRouterRendererSide> router_;
  IMPLEMENT_REFCOUNTING(App);
};

class Pages final : public CefSchemeHandlerFactory {
 public:
  explicit Pages(std::string page) : page_(std::move(page)) {}
  CefRefPtr<CefResourceHandler> Create(CefRefPtr<CefBrowser>, CefRefPtr<CefFrame>, const CefString&,
                                       CefRefPtr<CefRequest>) override {
    return new CefStreamResourceHandler("text/html", CefStreamReader::CreateForData(page_.data(), page_.size()));
  }

 private:
  std::string page_;
  IMPLEMENT_REFCOUNTING(Pages);
};

class Client final : public CefClient, public CefLifeSpanHandler, public cef::version::RequestHandler {
 public:
  Client(CefMessageRouterBrowserSide::Handler* handler, std::function<void()> closed, std::function<void()> gone)
      : router_(CefMessageRouterBrowserSide::Create(CefMessageRouterConfig())),
        closed_(std::move(closed)),
        gone_(std::move(gone)) {
    router_->AddHandler(handler, true);
  }
  CefRefPtr<CefLifeSpanHandler> GetLifeSpanHandler() override { return this; }
  CefRefPtr<CefRequestHandler> GetRequestHandler() override { return this; }

  bool OnProcessMessageReceived(CefRefPtr<CefBrowser> browser, CefRefPtr<CefFrame> frame, CefProcessId source,
                                CefRefPtr<CefProcessMessage> message) override {
    return router_->OnProcessMessageReceived(browser, frame, source, message);
  }
  bool OnBeforeBrowse(CefRefPtr<CefBrowser> browser, CefRefPtr<CefFrame> frame, CefRefPtr<CefRequest>, bool,
                      bool) override {
    router_->OnBeforeBrowse(browser, frame);
    return false;
  }
  void render_process_terminated(CefRefPtr<CefBrowser> browser, TerminationStatus, int) override {
    router_->OnRenderProcessTerminated(browser);
    gone_();
  }
  void OnBeforeClose(CefRefPtr<CefBrowser> browser) override {
    router_->OnBeforeClose(browser);
    closed_();
  }

 private:
  CefRefPtr<CefMessageRouterBrowserSide> router_;
  std::function<void()> closed_;
  std::function<void()> gone_;
  IMPLEMENT_REFCOUNTING(Client);
};

class PageDelegate final : public cef::version::BrowserViewDelegate {
  IMPLEMENT_REFCOUNTING(PageDelegate);
};

class Window final : public cef::version::WindowDelegate {
 public:
  explicit Window(CefRefPtr<CefClient> client)
      : view_(CefBrowserView::CreateBrowserView(client, std::string(page_url), CefBrowserSettings(), nullptr, nullptr,
                                                new PageDelegate)) {}
  void close() {
    if (window_) window_->Close();
  }
  void OnWindowCreated(CefRefPtr<CefWindow> window) override {
    window_ = window;
    window->SetTitle("bench");
    window->AddChildView(view_);
    window->Show();
    view_->RequestFocus();
  }
  void OnWindowDestroyed(CefRefPtr<CefWindow>) override {
    view_ = nullptr;
    window_ = nullptr;
  }
  CefSize GetPreferredSize(CefRefPtr<CefView>) override { return {page_width, page_height}; }

 private:
  CefRefPtr<CefBrowserView> view_;
  CefRefPtr<CefWindow> window_;
  IMPLEMENT_REFCOUNTING(Window);
};

// Its arguments; a process that was forked from the zygote has blanks between them.
std::set<std::string> words_of(const std::filesystem::path& process) {
  std::ifstream file(process / "cmdline");
  std::string text(std::istreambuf_iterator<char>(file), {});
  std::replace(text.begin(), text.end(), '\0', ' ');
  std::istringstream words(text);
  return {std::istream_iterator<std::string>(words), {}};
}

// The process that hosts the frame: this program, with the number that Chromium gave it.
pid_t renderer_of(CefRefPtr<CefFrame> frame) {
  const auto number = "--renderer-client-id=" + std::to_string(cef::version::frame_child(frame->GetIdentifier()));
  std::error_code error;
  const auto own = std::filesystem::read_symlink("/proc/self/exe", error);
  for (const auto& each : std::filesystem::directory_iterator("/proc", error)) {
    if (std::filesystem::read_symlink(each.path() / "exe", error) != own) continue;
    if (words_of(each.path()).contains(number)) return std::stoi(each.path().filename().string());
  }
  return 0;
}

// One round.
class Round final : public CefMessageRouterBrowserSide::Handler {
 public:
  Round(Session& session, std::string_view turn)
      : session_(session),
        exchange_(exchange_of(turn)),
        first_(turn == first_opening),
        laps_(session, exchange_.batch) {}

  const Result<>& result() const { return result_; }
  void open() {
    begun_ = now_ns();
    window_ = new Window(new Client(
        this, [this] { closed(); },
        [this] { end(std::unexpected(Error{.message = "the renderer of the bare CEF program is gone"})); }));
    CefWindow::CreateTopLevelWindow(window_);
  }

  bool OnQuery(CefRefPtr<CefBrowser>, CefRefPtr<CefFrame> frame, int64_t, const CefString& request, bool,
               CefRefPtr<Callback> callback) override {
    if (request.length() < shortest_body)
      heard(request.ToString(), frame);
    else
      asked();
    callback->Success(request);
    return true;
  }

 private:
  static Exchange exchange_of(std::string_view turn) {
    for (const auto& each : {promise_exchange, rate_exchange, large_exchange})
      if (each.name == turn) return each;
    return {turn};
  }

  void asked() {
    laps_.request();
    if (laps_.over() && !exchange_.series) end();
  }
  void heard(const std::string& word, CefRefPtr<CefFrame> frame) {
    if (word == "begin") return begin();
    if (word == "first") return first_ ? weigh_later(frame) : opened();
    end(std::unexpected(Error{.message = word}));
  }
  void begin() {
    laps_.pause();
    if (laps_.over()) end();
  }
  // The first window starts much in Chromium, and does not count.
  void opened() {
    if (opened_++ > 0) session_.add(static_cast<double>(now_ns() - begun_));
    if (opened_ > openings) return end();
    after(rest_ms, [this] { close(); });
  }
  void weigh_later(CefRefPtr<CefFrame> frame) {
    session_.add(static_cast<double>(now_ns() - started_ns()));
    after(settle_ms, [this, frame] { weigh(frame); });
  }
  void weigh(CefRefPtr<CefFrame> frame) {
    const auto bytes = private_bytes(renderer_of(frame));
    if (!bytes) return end(std::unexpected(bytes.error()));
    session_.set_memory(*bytes);
    end();
  }
  void closed() {
    window_ = nullptr;
    if (ended_) return CefQuitMessageLoop();
    after(rest_ms, [this] { open(); });
  }
  void end(Result<> result = {}) {
    if (std::exchange(ended_, true)) return;
    result_ = std::move(result);
    after(0, [this] { close(); });
  }
  void close() { window_ ? window_->close() : CefQuitMessageLoop(); }  // the loop ends with the last window

  Session& session_;
  Exchange exchange_;
  bool first_;
  Laps laps_;
  CefRefPtr<Window> window_;
  Result<> result_;
  std::uint64_t begun_ = 0;
  int opened_ = 0;
  bool ended_ = false;
};

std::string engine_folder() {
  Dl_info info{};
  dladdr(reinterpret_cast<void*>(&cef_execute_process), &info);
  const std::string whole(info.dli_fname);
  return whole.substr(0, whole.rfind('/'));
}

void set(cef_string_t& field, const std::string& value) { CefString{& field} = value; }

CefSettings settings_in(const std::string& folder) {
  CefSettings settings;
  settings.no_sandbox = geteuid() == 0;
  settings.command_line_args_disabled = true;
  settings.log_severity = LOGSEVERITY_ERROR;
  set(settings.resources_dir_path, engine_folder());
  set(settings.locales_dir_path, engine_folder() + "/locales");
  set(settings.root_cache_path, folder + "/chromium");
  set(settings.cache_path, folder + "/chromium");
  set(settings.log_file, folder + "/chromium.log");
  return settings;
}

Result<> play(int argc, char** argv, CefRefPtr<App> app, Session& session, const std::string& folder) {
  const auto turn = argument(argc, argv, "turn").value_or("");
  if (!CefInitialize(CefMainArgs(argc, argv), settings_in(folder), app, nullptr))
    return std::unexpected(Error{.message = "Chromium does not start in the bare CEF program"});
  CefRegisterSchemeHandlerFactory("app", "bench", new Pages(page_for(page_means, turn)));
  Round round(session, turn);
  round.open();
  CefRunMessageLoop();
  CefClearSchemeHandlerFactories();
  CefShutdown();
  return round.result();
}

std::uint64_t number(int argc, char** argv, std::string_view name) {
  return std::strtoull(std::string(argument(argc, argv, name).value_or("1")).c_str(), nullptr, 10);
}

int run_round(int argc, char** argv, CefRefPtr<App> app) {
  const UniqueFd result(first_inherited);
  char folder[] = "/tmp/mullion-bench-XXXXXX";
  if (!mkdtemp(folder)) return 1;
  const Row row{"cef_program", Who::peer, "", 0, Placement::any, nullptr};
  Session session(row, {.round_ns = number(argc, argv, "round-ns"),
                        .least = number(argc, argv, "least"),
                        .most = number(argc, argv, "most")});
  const auto played = play(argc, argv, std::move(app), session, folder);
  write_outcome(result.get(), played ? Result<Outcome>(session.outcome()) : std::unexpected(played.error()));
  std::error_code error;
  std::filesystem::remove_all(folder, error);
  return played ? 0 : 1;
}

}  // namespace
}  // namespace mullion::bench

int main(int argc, char** argv) {
  using namespace mullion::bench;
  CefRefPtr<App> app(new App);
  if (int code = CefExecuteProcess(CefMainArgs(argc, argv), app, nullptr); code >= 0) return code;
  follow_parent(argc, argv);
  return run_round(argc, argv, std::move(app));
}
