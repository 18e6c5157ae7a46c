// A program with a real window, from its start to its end: each step is a line of TAP.
#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string_view>

#include "mullion/backends/cef.hpp"
#include "mullion/main.hpp"
#include "screen.hpp"
#include "steps.hpp"

namespace mullion::cef::test {
namespace {

constexpr std::uint32_t green = 0x20c040;

constexpr std::string_view page_text = R"(<!doctype html><title>Real</title>
<body style="margin:0;background:#20c040"><h1>Hello</h1><script>
console.log('first: ' + bridge.now + ' ' + typeof secret);
bridge.double(21).then((answer) => console.log('answer: ' + answer));
</script>)";
constexpr std::string_view preload_text = R"(
const { contextBridge, ipcRenderer } = require('electron');
globalThis.secret = 1;
contextBridge.exposeInMainWorld('bridge', {
  now: ipcRenderer.sendSync('now'), double: (n) => ipcRenderer.invoke('double', n), seen: () => typeof ofPage });
)";

struct Story {
  std::string folder;
  std::vector<std::string> console{};
  std::string gone{};
  std::string events{};

  bool said(std::string_view text) const {
    for (const auto& line : console)
      if (line == text) return true;
    return false;
  }
  Task<Result<>> tell(main::App& app);
  Task<Result<>> first_load(main::App& app, main::BrowserWindow window);
  Task<Result<>> crash(main::App& app, main::BrowserWindow window);
  Task<Result<>> failures_are_named(main::App& app, main::BrowserWindow window);
  Task<Result<>> closing(main::App& app, main::BrowserWindow window);
  void serve(main::App& app);
  void listen(const main::WebContents& contents);
};

void Story::serve(main::App& app) {
  app.handle_app_protocol([](std::string_view url) -> Result<main::App::Resource> {
    if (!url.starts_with("app://test/page.html"))
      return std::unexpected(Error{.kind = Kind::invalid, .code = "ENOENT", .message = "no such page"});
    auto bytes = std::as_bytes(std::span(page_text));
    return main::App::Resource{{bytes.begin(), bytes.end()}, "text/html"};
  });
  (void)app.ipc_main().handle("double", [](main::InvokeEvent, std::vector<Value> numbers) -> Result<Value> {
    return Value(numbers.at(0).to<int>().value_or(0) * 2);
  });
  app.ipc_main().on("now", [](main::IpcMainEvent event, std::vector<Value>) { event.return_value(Value(7)); });
}

void Story::listen(const main::WebContents& contents) {
  contents.on(main::did_start_loading, [this] { events += "start "; });
  contents.on(main::did_navigate, [this](const std::string&) { events += "navigate "; });
  contents.on(main::dom_ready, [this] { events += "dom "; });
  contents.on(main::did_finish_load, [this] { events += "finish "; });
  contents.on(main::did_stop_loading, [this] { events += "stop "; });
  contents.on(main::console_message, [this](const backend::ConsoleMessage& each) { console.push_back(each.message); });
  contents.on(main::render_process_gone, [this](const main::RenderProcessGone& end) { gone = end.reason; });
}

Task<Result<>> Story::tell(main::App& app) {
  serve(app);
  main::BrowserWindowOptions options{.title = "First", .width = 400, .height = 300};
  options.web_preferences.preload = folder + "/preload.js";
  auto window = main::BrowserWindow::create(app, options);
  if (!window) co_return std::unexpected(window.error());
  listen(window->web_contents());
  for (auto step : {&Story::first_load, &Story::crash, &Story::failures_are_named, &Story::closing}) {
    auto told = (this->*step)(app, *window);
    auto ended = co_await std::move(told);
    if (!ended) co_return ended;
  }
  co_return Result<>{};
}

Task<Result<>> Story::first_load(main::App& app, main::BrowserWindow window) {
  auto contents = window.web_contents();
  auto loading = window.load_url("app://test/page.html");
  auto loaded = co_await std::move(loading);
  if (!loaded) co_return loaded;
  check(true, "a page of the app loads in a window");
  std::string script = "globalThis.ofPage = 1; bridge.double(50)";
  auto running = contents.execute_java_script(script);
  auto answer = co_await std::move(running);
  check(answer && answer->to<int>() == 100, "execute_java_script right after the load follows a promise of the bridge");
  std::string ask = "bridge.seen()";
  auto asking = contents.execute_java_script(ask);
  auto seen = co_await std::move(asking);
  check(seen && seen->string() == "undefined", "the preload does not see what the page defines");
  auto answered = until(app.loop(), [this] { return said("answer: 42"); });
  bool came = co_await std::move(answered);
  check(came, "a page's invoke is answered by main");
  check(said("first: 7 undefined"),
        "before the first script the preload had sendSync's answer, and its globals are its own");
  auto stopped = until(app.loop(), [this] { return events.ends_with("stop "); });
  bool in_order = co_await std::move(stopped);
  check(in_order && events == "start navigate dom finish stop ", "a load's events come once and in order");
  check(window.title() == "Real" && contents.title() == "Real", "the page's title is the window's");
  check(contents.transport() == transport::Medium::shm, "the renderer's link is shared memory");
  auto status = read_file("/proc/" + std::to_string(contents.process_id()) + "/status");
  bool filtered = status.find("Seccomp:\t2") != std::string::npos;
  check(filtered == (geteuid() != 0),
        geteuid() ? "the renderer is behind Chromium's sandbox" : "root said: no sandbox");
  auto painted = until(app.loop(), [this] { return pixels(folder, green) > 400 * 300 * 3 / 4; });
  bool green_there = co_await std::move(painted);
  check(green_there, "the screen shows the page's colour in most of the window");
  check(pixels(folder, 0) > 1024 * 768 - 400 * 300, "and text, on it and nothing around it");
  const char* keep = std::getenv("MULLION_TEST_SCREEN");
  std::error_code error;
  if (keep)
    std::filesystem::copy_file(screen_file(folder), keep, std::filesystem::copy_options::overwrite_existing, error);
  co_return Result<>{};
}

Task<Result<>> Story::crash(main::App& app, main::BrowserWindow window) {
  auto contents = window.web_contents();
  int first = contents.process_id();
  kill(first, SIGKILL);
  auto ended = until(app.loop(), [this] { return !gone.empty(); });
  (void)co_await std::move(ended);
  check(gone == "killed" && contents.is_crashed(), "a renderer that was killed is reported");
  std::string script = "bridge.double(4)";
  auto early = contents.execute_java_script(script);
  auto refused = co_await std::move(early);
  check(!refused && refused.error().kind == Kind::disconnected, "a script for it is refused");
  events.clear();
  auto begun = contents.reload();
  if (!begun) co_return begun;
  auto again = until(app.loop(), [this] { return events.ends_with("finish stop "); });
  bool came = co_await std::move(again);
  auto running = contents.execute_java_script(script);
  auto answer = co_await std::move(running);
  check(came && answer && answer->to<int>() == 8, "reload brings the page and its bridge back");
  check(contents.process_id() != first && contents.process_id() > 0, "in another process");
  co_return Result<>{};
}

Task<Result<>> Story::failures_are_named(main::App&, main::BrowserWindow window) {
  auto missing = window.load_url("app://test/missing.html");
  auto failed = co_await std::move(missing);
  check(!failed && failed.error().code == "ERR_FILE_NOT_FOUND", "a page that is not there is named as Chromium does");
  auto nonsense = window.load_url("nonsense");
  auto invalid = co_await std::move(nonsense);
  check(!invalid && invalid.error().code == "ERR_INVALID_URL", "what is no URL is named too");
  auto good = window.load_url("app://test/page.html?again");
  auto loaded = co_await std::move(good);
  check(loaded.has_value(), "and the window loads what comes next");
  co_return Result<>{};
}

Task<Result<>> Story::closing(main::App& app, main::BrowserWindow window) {
  auto contents = window.web_contents();
  std::string veto = "window.onbeforeunload = (e) => { console.log('asked'); return 'stay'; }; 1";
  auto vetoing = contents.execute_java_script(veto);
  (void)co_await std::move(vetoing);
  window.close();
  auto asked = until(app.loop(), [this] { return said("asked"); });
  bool came = co_await std::move(asked);
  std::string allow = "window.onbeforeunload = null; 1";
  auto allowing = contents.execute_java_script(allow);
  auto allowed = co_await std::move(allowing);
  check(came && allowed && !window.is_destroyed(), "beforeunload is asked and its veto holds");
  window.close();  // and the program quits with its last window
  co_return Result<>{};
}

Program program(std::function<Task<Result<>>(main::App&)> entry) {
  Options options;
  options.sandbox = geteuid() != 0 || role() == "refused";
  options.work = with_own_thread() ? Work::on_thread : Work::on_loop;
  return {.main = std::move(entry), .backends = {backend(options)}};
}

Task<Result<>> open_one(main::App& app) {
  auto window = main::BrowserWindow::create(app);
  if (!window) co_return std::unexpected(window.error());
  co_return Result<>{};
}

void refusals() {
  check(says("refused", "DISPLAY=").find("DISPLAY is not set") != std::string::npos,
        "without a display the error says so");
  check(says("refused", "DISPLAY=:5999").find("no X server answers") != std::string::npos,
        "nor with a display that is none");
  if (geteuid() == 0)
    check(says("refused").find("as root") != std::string::npos, "as root the sandbox is refused by name");
}

int run_story(int argc, char** argv) {
  Story story{.folder = std::getenv("TMPDIR")};
  return run(argc, argv, program([&](main::App& app) { return story.tell(app); }));
}

int run_test() {
  return run_steps([](const Home& home) {
    std::ofstream(home.path() + "/preload.js") << preload_text;
    refusals();
    retell("story", "a page that lets go is closed, and the program quits with its last window");
    check(all_end() && home.private_folders().empty(), "nor is the private folder left");
  });
}

}  // namespace
}  // namespace mullion::cef::test

// Roles: "story" is the program that the test looks at, "refused" one that can have no window.
int main(int argc, char** argv) {
  using namespace mullion::cef::test;
  if (is_started_by_chromium(argc, argv) || role() == "refused") return mullion::run(argc, argv, program(open_one));
  return role() == "story" ? run_story(argc, argv) : run_test();
}
