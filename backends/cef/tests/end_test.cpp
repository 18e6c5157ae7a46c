// Programs that end at awkward moments: nothing of Chromium's is held then. Each step is a line of TAP.
#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>

#include "live.hpp"
#include "screen.hpp"

namespace mullion::cef::test {
namespace {

constexpr std::string_view preload_text = R"(
const { contextBridge, ipcRenderer } = require('electron');
contextBridge.exposeInMainWorld('bridge', { ask: (...each) => ipcRenderer.invoke('ask', ...each) });
)";
constexpr const char* page = R"(<!doctype html><title>Page</title><body>
<iframe src="app://one/inner.html"></iframe><iframe src="app://two/inner.html"></iframe>)";

// A program whose entry may wait, and that another entry ends.
class Ending {
 public:
  Ending() {
    live_.pages = {{"app://one/page.html", page}, {"app://one/inner.html", "inner"}, {"app://two/inner.html", "inner"}};
    live_.app().on(main::quit, [this](int) { quit_ = true; });
  }
  Live& live() { return live_; }
  main::App& app() { return live_.app(); }
  main::BrowserWindow open(bool offscreen = false) {
    main::BrowserWindowOptions options;
    options.web_preferences.preload = std::string(std::getenv("TMPDIR")) + "/preload.js";
    options.web_preferences.preload_in_sub_frames = true;
    options.web_preferences.offscreen = offscreen;
    auto window = main::BrowserWindow::create(app(), options);
    if (!window) std::exit(2);
    return *window;
  }
  main::BrowserWindow show() {
    auto window = open();
    if (!live_.load(window.web_contents(), "app://one/page.html")) std::exit(3);
    return window;
  }
  void end() {
    app().quit();
    if (!live_.until([this] { return quit_; })) std::exit(4);
  }
  bool has_quit() const { return quit_; }

 private:
  Live live_{Options{.module = std::getenv("MULLION_TEST_CHECKED_MODULE")}};
  bool quit_ = false;
};

// ---- the moments ----

void at_once(Ending& ending) {
  (void)ending.open();
  ending.end();
}

void while_a_page_loads(Ending& ending) {
  auto window = ending.open();
  bool started = false;
  window.web_contents().on(main::did_start_loading, [&] { started = true; });
  (void)window.web_contents().start_load("app://one/page.html");
  ending.live().until([&] { return started; });
  ending.end();
}

void with_calls_under_way(Ending& ending) {
  std::vector<OneShot<bool>::Answer> kept;
  (void)ending.app().ipc_main().handle("ask", [&](main::InvokeEvent, std::vector<Value>) -> Task<Result<Value>> {
    auto [answer, forever] = one_shot<bool>();
    kept.push_back(std::move(answer));
    (void)co_await std::move(forever);
    co_return Value("late");
  });
  auto window = ending.show();
  std::string script = "bridge.ask(1)";
  auto running = window.web_contents().execute_java_script(script);
  Tasks tasks;
  tasks.spawn([](Task<Result<Value>> task) -> Task<> { (void)co_await std::move(task); }(std::move(running)));
  auto capturing = window.web_contents().capture_page();
  tasks.spawn([](auto task) -> Task<> { (void)co_await std::move(task); }(std::move(capturing)));
  ending.live().until([&] { return !kept.empty(); });
  ending.end();
}

void with_iframes(Ending& ending) {
  auto window = ending.show();
  ending.live().until([&] { return window.web_contents().frames().size() == 3; });
  ending.end();
}

void after_a_crash(Ending& ending) {
  auto window = ending.show();
  bool gone = false;
  window.web_contents().on(main::render_process_gone, [&](const main::RenderProcessGone&) { gone = true; });
  kill(window.web_contents().process_id(), SIGKILL);
  ending.live().until([&] { return gone; });
  ending.end();
}

void while_it_comes_back(Ending& ending) {
  auto window = ending.show();
  window.web_contents().on(main::render_process_gone, [&](const main::RenderProcessGone&) {
    (void)window.web_contents().reload();
    ending.app().quit();
  });
  kill(window.web_contents().process_id(), SIGKILL);
  ending.live().until([&] { return ending.has_quit(); });
}

void from_a_close_listener(Ending& ending) {
  auto window = ending.show();
  window.on(main::close, [&](CancelableEvent&) { ending.app().exit(0); });
  window.close();
  ending.live().until([&] { return ending.has_quit(); });
}

void from_a_handler(Ending& ending) {
  (void)ending.app().ipc_main().handle("ask", [&](main::InvokeEvent, std::vector<Value>) -> Result<Value> {
    ending.app().exit(0);
    return Value("never");
  });
  auto window = ending.show();
  std::string script = "bridge.ask(1); 1";
  auto running = window.web_contents().execute_java_script(script);
  Tasks tasks;
  tasks.spawn([](Task<Result<Value>> task) -> Task<> { (void)co_await std::move(task); }(std::move(running)));
  ending.live().until([&] { return ending.has_quit(); });
}

void with_two_windows(Ending& ending) {
  auto first = ending.show(), second = ending.open();
  (void)second.web_contents().start_load("app://one/page.html");
  ending.end();
}

void with_one_off_the_screen(Ending& ending) {
  auto window = ending.open(true);
  (void)ending.live().load(window.web_contents(), "app://one/page.html");
  ending.end();
}

// Not a moment: the test of the test.
void with_a_page_that_is_held(Ending& ending) {
  static std::optional<main::WebContents> held;
  held = ending.show().web_contents();
  ending.end();
}

using Moment = void (*)(Ending&);
const std::map<std::string, Moment, std::less<>> moments = {
    {"at once", at_once},
    {"while a page loads", while_a_page_loads},
    {"with calls under way", with_calls_under_way},
    {"with iframes", with_iframes},
    {"after a crash", after_a_crash},
    {"while a page comes back from a crash", while_it_comes_back},
    {"from a close listener", from_a_close_listener},
    {"from a handler", from_a_handler},
    {"with two windows", with_two_windows},
    {"with a page off the screen", with_one_off_the_screen},
    {"while the program keeps a handle", with_a_page_that_is_held},
};

int run_role() {
  {
    Ending ending;
    moments.at(std::string(role()))(ending);
  }
  std::puts("ended");
  return 0;
}

bool contains(const std::string& text, std::string_view part) { return text.find(part) != text.npos; }

int run_test() {
  return run_steps([](const Home& home) {
    std::ofstream(home.path() + "/preload.js") << preload_text;
    for (const auto& [name, moment] : moments) {
      int code = -1;
      auto text = says("'" + name + "'", "", &code);
      bool well = code == 0 && contains(text, "checked from here") && contains(text, "ended") &&
                  !contains(text, "incorrectly held");
      if (!well) std::printf("# exit code %d\n# %s\n", code, text.c_str());
      check(well, "a program that ends " + name + " holds nothing of Chromium's");
    }
  });
}

}  // namespace
}  // namespace mullion::cef::test

// Roles: the moments, by their names.
int main(int argc, char** argv) {
  using namespace mullion::cef::test;
  if (role().empty()) return run_test();
  if (!is_started_by_chromium(argc, argv)) return run_role();
  return mullion::run(argc, argv, live_program({.module = std::getenv("MULLION_TEST_CHECKED_MODULE")}));
}
