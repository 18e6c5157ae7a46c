#include <sys/mman.h>
#include <unistd.h>

#include <optional>

#include "harness/exchange.hpp"
#include "harness/laps.hpp"
#include "harness/resident.hpp"
#include "mullion/backends/cef.hpp"
#include "mullion/base/sleep.hpp"
#include "mullion/main.hpp"
#include "ours/backends.hpp"
#include "ours/ours.hpp"
#include "ours/program.hpp"
#include "peers/peers.hpp"

namespace mullion::bench {
namespace {

constexpr std::string_view preload_source = R"js(
const {contextBridge, ipcRenderer} = require('mullion')
contextBridge.exposeInMainWorld('means', {
  ask: body => ipcRenderer.invoke('ask', body),
  askSync: body => ipcRenderer.sendSync('ask-sync', body),
  say: word => ipcRenderer.send(word),
  failed: why => ipcRenderer.send('failed', why),
})
)js";

constexpr std::string_view page_means = R"js(
const bench = {
  ...means,
  load(turn) {
    const words = new Uint32Array(1 << 18)
    for (let i = 0; i < words.length; ++i) words[i] = turn * 31 + i
    return words
  },
  same(one, other) {
    let difference = one.length ^ other.length
    for (let i = 0; i < other.length; ++i) difference |= one[i] ^ other[i]
    return difference === 0
  },
}
)js";

// A preload is a file; this one needs no place on the disk.
Result<UniqueFd> preload_file() {
  UniqueFd file(memfd_create("bench-preload", MFD_CLOEXEC));
  if (!file || write(file.get(), preload_source.data(), preload_source.size()) < 0)
    return std::unexpected(errno_error("Cannot write the page's preload"));
  return file;
}

void serve(main::App& app, std::string page) {
  app.on(main::window_all_closed, [] {});
  app.handle_app_protocol([page = std::move(page)](std::string_view) -> Result<main::App::Resource> {
    const auto bytes = std::as_bytes(std::span(page));
    return main::App::Resource{.bytes = {bytes.begin(), bytes.end()}, .mime_type = "text/html"};
  });
}

Result<main::BrowserWindow> open_window(main::App& app, int preload) {
  main::BrowserWindowOptions options{.title = "bench", .width = page_width, .height = page_height, .backend = "cef"};
  options.web_preferences.preload = "/proc/self/fd/" + std::to_string(preload);
  auto window = main::BrowserWindow::create(app, std::move(options));
  if (!window) return window;
  if (auto begun = window->web_contents().start_load(page_url); !begun) return std::unexpected(begun.error());
  return window;
}

// Main's side of a page's requests.
class Answers {
 public:
  Answers(main::App& app, Stage& stage, const Exchange& exchange)
      : app_(app), stage_(stage), exchange_(exchange), laps_(stage.session(), exchange.batch) {}

  Result<> listen() {
    app_.ipc_main().on("begin", [this](const main::IpcMainEvent&, std::vector<Value>) { begin(); });
    app_.ipc_main().on("ask-sync", [this](const main::IpcMainEvent& event, std::vector<Value> arguments) {
      request();
      event.return_value(arguments.at(0));
    });
    return app_.ipc_main().handle("ask", [this](main::InvokeEvent, std::vector<Value> arguments) {
      request();
      return arguments.at(0);
    });
  }

 private:
  void begin() {
    laps_.pause();
    if (laps_.over()) stage_.end(app_);
  }
  void request() {
    const bool was_over = laps_.over();
    laps_.request();
    if (laps_.over() && !was_over && !exchange_.series) stage_.end(app_);
  }

  main::App& app_;
  Stage& stage_;
  const Exchange& exchange_;
  Laps laps_;
};

Result<> drive_exchange(Session& session, const Exchange& exchange) {
  auto preload = preload_file();
  if (!preload) return std::unexpected(preload.error());
  std::optional<Answers> answers;
  return run_main(session, [&](main::App& app, Stage& stage) -> Task<Result<>> {
    stage.await_samples(app);
    serve(app, page_for(page_means, exchange.name));
    answers.emplace(app, stage, exchange);
    if (auto ready = answers->listen(); !ready) co_return ready;
    if (auto window = open_window(app, preload->get()); !window) co_return std::unexpected(window.error());
    co_return {};
  });
}

// Windows one after another, each from the call that makes it to the first word of its page's first script.
class Openings {
 public:
  Openings(main::App& app, Stage& stage, int preload) : app_(app), stage_(stage), preload_(preload) {}

  void begin() {
    app_.ipc_main().on("first", [this](const main::IpcMainEvent&, std::vector<Value>) { heard(); });
    open();
  }

 private:
  void open() {
    begun_ = now_ns();
    auto window = open_window(app_, preload_);
    if (!window) return stage_.end(app_, std::unexpected(window.error()));
    window_ = std::move(*window);
    window_->on(main::closed, [this] { rest_ = Timer(app_.loop(), rest_ms, [this] { open(); }); });
  }
  // The first one starts Chromium, and does not count.
  void heard() {
    if (opened_++ > 0) stage_.session().add(static_cast<double>(now_ns() - begun_));
    if (opened_ > openings) return stage_.end(app_);
    rest_ = Timer(app_.loop(), rest_ms, [this] { window_->destroy(); });
  }

  main::App& app_;
  Stage& stage_;
  int preload_;
  std::optional<main::BrowserWindow> window_;
  Timer rest_;
  std::uint64_t begun_ = 0;
  int opened_ = 0;
};

Result<> drive_open(Session& session) {
  auto preload = preload_file();
  if (!preload) return std::unexpected(preload.error());
  std::optional<Openings> windows;
  return run_main(session, [&](main::App& app, Stage& stage) -> Task<Result<>> {
    stage.await_samples(app);
    serve(app, page_for(page_means, opening));
    windows.emplace(app, stage, preload->get());
    windows->begin();
    co_return {};
  });
}

void weigh(main::App& app, Stage& stage, const main::BrowserWindow& window) {
  const auto bytes = private_bytes(window.web_contents().process_id());
  if (!bytes) return stage.end(app, std::unexpected(bytes.error()));
  stage.session().set_memory(*bytes);
  stage.end(app);
}

// From the start of the process.
Result<> drive_first(Session& session) {
  auto preload = preload_file();
  if (!preload) return std::unexpected(preload.error());
  Timer settle;
  auto result = run_main(session, [&](main::App& app, Stage& stage) -> Task<Result<>> {
    stage.await_samples(app);
    serve(app, page_for(page_means, first_opening));
    auto window = open_window(app, preload->get());
    if (!window) co_return std::unexpected(window.error());
    app.ipc_main().on("first", [&, shown = *window](const main::IpcMainEvent&, std::vector<Value>) {
      stage.session().add(static_cast<double>(now_ns() - started_ns()));
      settle = Timer(app.loop(), settle_ms, [&, shown] { weigh(app, stage, shown); });
    });
    co_return {};
  });
  return result;
}

Result<> drive_promise(Session& session) { return drive_exchange(session, promise_exchange); }
Result<> drive_sync(Session& session) { return drive_exchange(session, sync_exchange); }
Result<> drive_rate(Session& session) { return drive_exchange(session, rate_exchange); }
Result<> drive_large(Session& session) { return drive_exchange(session, large_exchange); }

}  // namespace

// Chromium complains of a machine without D-Bus.
void add_cef_backend(Program& program) {
  cef::Options options{.sandbox = geteuid() != 0, .switches = {{"log-severity", "fatal"}}};
  program.backends.push_back(cef::backend(std::move(options)));
}

std::vector<Group> roles::cef_groups() {
  using namespace peers;
  constexpr auto ours = Who::ours, peer = Who::peer;
  constexpr auto any = Placement::any;
  constexpr std::size_t ball = 64, load = 1024 * 1024;
  return {
      {{"cef-query", peer, "page script to main and back, cefQuery", ball, any, drive_query},
       {"cef-promise", ours, "page script to main and back, a promise through the bridge", ball, any, drive_promise},
       {"cef-sync", ours, "page script to main and back, sendSync through the bridge", ball, any, drive_sync}},
      {{"cef-query-rate", peer, "page script to main and back, batches of 256 at once, cefQuery", ball, any,
        drive_query_rate},
       {"cef-rate", ours, "page script to main and back, batches of 256 promises through the bridge", ball, any,
        drive_rate}},
      {{"cef-query-1mib", peer, "page script to main and back, cefQuery with a text", load, any, drive_query_large},
       {"cef-1mib", ours, "page script to main and back, bytes and a promise through the bridge", load, any,
        drive_large}},
      {{"bare-cef-open", peer, "a further window to its page's first script, bare CEF", 0, any, drive_bare_open},
       {"cef-open", ours, "a further window to its page's first script", 0, any, drive_open}},
      {{"bare-cef-first", peer, "start of a bare CEF program to a page's first script; renderer", 0, any,
        drive_bare_first},
       {"cef-first", ours, "start of the program to a page's first script; renderer", 0, any, drive_first}}};
}

}  // namespace mullion::bench
