// Renderers that pages took over: each step is a line of TAP.
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "hostile_renderer.hpp"
#include "live.hpp"
#include "screen.hpp"

namespace mullion::cef::test {
namespace {

constexpr std::string_view preload_text = R"(
const { contextBridge, ipcRenderer } = require('electron');
contextBridge.exposeInMainWorld('bridge', { ask: (...each) => ipcRenderer.invoke('ask', ...each) });
)";
constexpr const char* page = R"(<!doctype html><title>Page</title><body><iframe src="app://one/inner.html"></iframe>
<script>const add = (src) => { const frame = document.createElement('iframe'); frame.src = src; document.body.append(frame); };
</script>)";

std::string folder() { return std::getenv("TMPDIR"); }

struct Story {
  Board* board = open_board(folder());
  Live live{Options{}};
  Story() {
    live.pages = {{"app://one/page.html", page},
                  {"app://two/page.html", page},
                  {"app://one/inner.html", "inner"},
                  {"app://two/inner.html", "inner"}};
    (void)std::freopen((folder() + "/log").c_str(), "w", stderr);
    (void)live.app().ipc_main().handle("ask", [](main::InvokeEvent event, std::vector<Value> values) -> Result<Value> {
      return Value(event.sender_frame.url() + " " + values.at(0).string());
    });
  }
  Result<main::BrowserWindow> open() {
    main::BrowserWindowOptions options;
    options.web_preferences.preload = folder() + "/preload.js";
    options.web_preferences.preload_in_sub_frames = true;
    return main::BrowserWindow::create(live.app(), options);
  }
  // A new window that shows its page, whose calls main answers.
  std::optional<main::WebContents> open_page(const std::string& url) {
    auto window = open();
    if (!window || !live.load(window->web_contents(), url)) return std::nullopt;
    return window->web_contents();
  }
  bool answers(const main::WebContents& contents) {
    return live.run(contents, "bridge.ask('well')") == contents.url() + " well";
  }
  std::string log() const { return read_file(folder() + "/log"); }
  bool comes_to_log(std::string_view part) {
    return live.until([&] { return log().find(part) != std::string::npos; });
  }
};

std::optional<main::WebFrame> frame_of(const main::WebContents& contents, std::string_view url) {
  for (const auto& each : contents.frames())
    if (!each.is_main() && each.url() == url) return each;
  return std::nullopt;
}

int claim(const char* what, std::string_view named) {
  Story story;
  auto contents = story.open_page("app://one/page.html");
  check(contents && story.live.until([&] { return frame_of(*contents, "app://one/inner.html").has_value(); }),
        "a page with an iframe of its own site");
  auto same = frame_of(*contents, "app://one/inner.html");
  story.live.run(*contents, "add('app://two/inner.html')");
  check(story.comes_to_log(named) && story.board->attacks > 0, what);
  bool is_gone = story.live.until([&] { return !frame_of(*contents, "app://two/inner.html"); });
  check(is_gone && !same->is_destroyed() && story.answers(*contents) && !contents->is_crashed(),
        "that process is no frame's any more, and the page and its own iframe go on");
  auto another = story.open_page("app://one/page.html");
  check(another && story.answers(*another), "and so do other windows");
  return end_of_steps();
}

int attack_socket() {
  Story story;
  auto other = story.open_page("app://two/page.html"), contents = story.open_page("app://one/page.html");
  check(
      other && contents && story.live.load(*contents, "app://one/page.html?attack") && story.board->attacks == 1 &&
          story.board->has_socket == 1,
      "a renderer that kept the socket of the hellos floods it, with garbage, with descriptors, with others' numbers");
  check(story.answers(*other) && story.answers(*contents), "meanwhile main answers other windows, and its own");
  bool opened = true;
  for (const char* url : {"app://one/page.html", "app://two/page.html", "app://two/page.html?again"}) {
    auto window = story.open_page(url);
    opened = opened && window && story.answers(*window);
  }
  check(opened, "new windows open, and their renderers are taken in");
  auto log = story.log();
  check(std::count(log.begin(), log.end(), '\n') < 100, "and the log is not flooded");
  return end_of_steps();
}

int cut_off() {
  Story story;
  auto other = story.open_page("app://two/page.html"), contents = story.open_page("app://one/page.html");
  check(other && contents && story.live.load(*contents, "app://one/page.html?attack") && story.board->attacks == 1,
        "a renderer that kept the socket of the hellos cuts it off for all that come later");
  check(story.comes_to_log("no renderer can join main any more"), "main names what happened");
  check(story.answers(*other) && story.answers(*contents), "and goes on with the pages that are there");
  auto refused = story.open();
  check(!refused && refused.error().code == "hello", "a new window is refused by name");
  auto loading = other->load_url("app://three/page.html");
  auto loaded = story.live.wait(std::move(loading));
  check(loaded && !*loaded, "and so is a page that needs a process of its own");
  return end_of_steps();
}

int run_test() {
  return run_steps([](const Home& home) {
    std::ofstream(home.path() + "/preload.js") << preload_text;
    for (const char* attack : {"claim-page", "claim-frame", "socket", "shutdown"}) {
      std::error_code error;
      std::filesystem::remove(home.path() + "/board", error);
      retell(attack);
      check(all_end(), "its processes are gone");
    }
  });
}

int run_role() {
  if (role() == "claim-page")
    return claim("the process of an iframe that claims the page is named and cut off",
                 "it claims a view that it does not show");
  if (role() == "claim-frame")
    return claim("one that claims an iframe of another process is named and cut off",
                 "it claims a frame of a view that it does not show");
  return role() == "socket" ? attack_socket() : cut_off();
}

}  // namespace
}  // namespace mullion::cef::test

// Roles: the attacks of hostile_renderer.hpp.
int main(int argc, char** argv) {
  using namespace mullion::cef::test;
  if (role().empty()) return run_test();
  if (!is_started_by_chromium(argc, argv)) return run_role();
  auto program = live_program();
  program.backends = {hostile_backend(program.backends[0], std::string(role()), open_board(folder()))};
  return mullion::run(argc, argv, std::move(program));
}
