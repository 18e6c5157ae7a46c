// Preloads in iframes, of the page's site and of another one: each step is a line of TAP.
#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>

#include "live.hpp"
#include "screen.hpp"

namespace mullion::cef::test {
namespace {

constexpr std::string_view preload_text = R"(
const { contextBridge, ipcRenderer } = require('electron');
if (location.search === '?fails') throw new Error('on purpose');
contextBridge.exposeInMainWorld('bridge', {
  place: ipcRenderer.sendSync('place', location.href),
  ask: (...each) => ipcRenderer.invoke('ask', ...each) });
ipcRenderer.on('hello', (event, text) => {
  ipcRenderer.send('heard', location.href, text);
  for (const port of event.ports) port.postMessage('from ' + location.href);
});
)";

constexpr const char* inner = "<script>parent.postMessage(location.host + ' ' + typeof bridge, '*')</script>";
constexpr const char* outer = R"(<!doctype html><title>Outer</title><body><script>
const said = [];
addEventListener('message', ({data}) => said.push(data));
const add = (src) => new Promise((done) => {
  const frame = document.createElement('iframe');
  frame.onload = () => done(frame);
  frame.src = src;
  document.body.append(frame);
});
</script><iframe id=same src="app://one/inner.html"></iframe><iframe id=other src="app://two/inner.html"></iframe>)";
constexpr const char* nesting = R"(<script>parent.postMessage(location.host + ' ' + typeof bridge, '*');
addEventListener('message', ({data}) => parent.postMessage(data, '*'));</script>
<iframe src="app://one/inner.html?nested"></iframe>)";

constexpr const char* text_frame = R"JS((() => {
  const frame = document.createElement('iframe');
  frame.srcdoc = `<script>parent.postMessage('srcdoc ' + typeof bridge, '*'); frameElement.remove()<` + '/script>';
  document.body.append(frame);
})())JS";

struct Heard {
  std::string url;  // as main knows it
  std::string said;
  main::WebFrame frame;
};

struct Story {
  Live live{Options{}};
  std::vector<Heard> heard{};
  std::vector<std::string> asked{};
  std::string gone{};
  std::string preload_error{};
  main::WebContents contents;

  explicit Story(const std::string& preload, bool in_sub_frames = true) : contents(open(preload, in_sub_frames)) {
    live.pages = {{"app://one/outer.html", outer},
                  {"app://one/inner.html", inner},
                  {"app://two/inner.html", inner},
                  {"app://two/nesting.html", nesting}};
    serve();
    contents.on(main::render_process_gone, [this](const main::RenderProcessGone& end) { gone = end.reason; });
    contents.on(main::preload_error, [this](const main::PreloadError& error) { preload_error = error.error.message; });
  }
  main::WebContents open(const std::string& preload, bool in_sub_frames) {
    main::BrowserWindowOptions options;
    options.web_preferences.preload = preload;
    options.web_preferences.preload_in_sub_frames = in_sub_frames;
    auto window = main::BrowserWindow::create(live.app(), options);
    if (!window) std::printf("# %s\n", window.error().message.c_str());
    if (!window) std::exit(1);
    return window->web_contents();
  }
  void serve();
  // The iframe whose document is from there, and what it is called: nothing when there is none.
  std::optional<main::WebFrame> frame(std::string_view url) {
    for (const auto& each : contents.frames())
      if (!each.is_main() && each.url().starts_with(url)) return each;
    return std::nullopt;
  }
  bool comes(std::string_view url) {
    return live.until([&] { return frame(url).has_value(); });
  }
  bool goes(const main::WebFrame& frame) {
    return live.until([&] { return frame.is_destroyed(); });
  }
  std::string run(const std::string& script) { return live.run(contents, script); }
};

void Story::serve() {
  auto& ipc = live.app().ipc_main();
  ipc.on("place", [](const main::IpcMainEvent& event, std::vector<Value>) {
    event.return_value(Value(event.sender_frame.is_main() ? "main" : "iframe"));
  });
  ipc.on("heard", [this](const main::IpcMainEvent& event, std::vector<Value> said) {
    heard.push_back({event.sender_frame.url(), said.at(0).string() + " " + said.at(1).string(), event.sender_frame});
  });
  (void)ipc.handle("ask", [this](main::InvokeEvent event, std::vector<Value> values) -> Result<Value> {
    asked.push_back(event.sender_frame.url());
    return Value(event.sender_frame.url() + " asked " + values.at(0).string());
  });
}

void begin(Story& story) {
  check(story.live.load(story.contents, "app://one/outer.html"),
        "a page with an iframe of its site and one of another");
  check(story.comes("app://one/inner") && story.comes("app://two/inner"), "main knows both of them");
  auto said = story.run(
      "new Promise(f => { const g = () => said.length >= 2 ? f(said.sort().join()) : setTimeout(g, 10); g() })");
  check(said == "one object,two object", "their preloads ran before their first scripts");
  std::printf("# %s\n", said.c_str());
  auto same = story.frame("app://one/inner"), other = story.frame("app://two/inner");
  if (!same || !other) return;
  check(same->process_id() == story.contents.process_id() && other->process_id() != same->process_id() &&
            other->process_id() > 0,
        "the one of another site is in a process of its own");
  check(story.contents.frames().size() == 3 && story.contents.frames()[0].is_main() &&
            same->top() == story.contents.main_frame(),
        "the page has three frames, and its own is the top of each");
}

void messages(Story& story) {
  check(story.run("bridge.place") == "main" && story.run("same.contentWindow.bridge.place") == "iframe",
        "a preload's sendSync is answered in the page and in the iframe");
  check(story.run("(async () => await same.contentWindow.bridge.ask('x'))()") == "app://one/inner.html asked x",
        "what an iframe invokes comes from its frame");
  for (const char* url : {"app://one/inner", "app://two/inner"}) {
    auto frame = story.frame(url);
    story.heard.clear();
    bool sent = frame && frame->send("hello", {"you"}).has_value();
    check(sent && story.live.until([&] { return !story.heard.empty(); }) && story.heard.size() == 1 &&
              story.heard[0].url.starts_with(url) && story.heard[0].said.starts_with(url) &&
              story.heard[0].frame == *frame,
          std::string("what is sent to ") + url + " is heard there alone");
  }
  auto channel = story.live.app().create_channel();
  auto other = story.frame("app://two/inner");
  std::string answer;
  auto port = std::move(channel->port1).start();
  auto sent = other->post_message("hello", "port", std::move(channel->port2));
  auto receiving = port.receive();
  auto received = story.live.wait(std::move(receiving));
  check(sent && received && *received && (*received)->data.string() == "from app://two/inner.html",
        "a port passes to an iframe of another site");
}

void coming_and_going(Story& story) {
  auto other = story.frame("app://two/inner"), same = story.frame("app://one/inner");
  story.run("other.src = 'app://two/inner.html?second'; same.src = 'app://one/inner.html?second'; 1");
  check(story.comes("app://two/inner.html?second") && story.comes("app://one/inner.html?second") &&
            story.goes(*other) && story.goes(*same),
        "an iframe that navigates is another frame");
  check(other->send("hello").error().code == "destroyed" && other->url().empty() &&
            same->send("hello").error().kind == Kind::disconnected,
        "what is sent to the document before is disconnected");
  story.run("other.src = 'app://one/inner.html?moved'; 1");
  check(story.comes("app://one/inner.html?moved"), "it may move to the page's site");
  auto moved = story.frame("app://one/inner.html?moved");
  check(moved && moved->process_id() == story.contents.process_id(), "and is in the page's process then");
  story.run("other.remove(); 1");
  check(moved && story.goes(*moved), "an iframe that is taken away is destroyed");
  story.run("add('app://two/inner.html?again').then((frame) => { frame.id = 'other'; return 1 })");
  check(story.comes("app://two/inner.html?again"), "and another one comes");
  story.run(text_frame);
  check(story.run(
            "new Promise(f => { const g = () => said.includes('srcdoc object') ? f(1) : setTimeout(g, 10); g() })") ==
            "1",
        "an iframe of text has the bridge, and takes itself away");
  story.run("add('app://two/nesting.html').then(() => 1)");
  check(story.comes("app://one/inner.html?nested"),
        "an iframe of the page's site within one of another has its preload");
  story.run("add('app://two/inner.html?fails').then(() => 1)");
  (void)story.live.until([&] { return !story.preload_error.empty(); });
  check(story.live.until([&] { return !story.preload_error.empty(); }) &&
            story.preload_error.starts_with("Error: on purpose"),
        "a preload that fails in an iframe is told");
}

void crashes(Story& story) {
  auto other = story.frame("app://two/inner.html?again");
  int victim = other ? other->process_id() : 0;
  check(victim > 0 && kill(victim, SIGKILL) == 0 && story.goes(*other),
        "an iframe whose process was killed is destroyed");
  check(story.run("bridge.ask('still')") == "app://one/outer.html asked still" && story.gone.empty() &&
            !story.contents.is_crashed(),
        "which is not the page's end");
  story.run("add('app://two/inner.html?revived').then(() => 1)");
  check(story.comes("app://two/inner.html?revived"), "another process shows the next one");
  auto revived = story.frame("app://two/inner.html?revived");
  kill(story.contents.process_id(), SIGKILL);
  check(story.live.until([&] { return !story.gone.empty(); }) && story.gone == "killed" && revived &&
            story.goes(*revived) && story.contents.frames().size() == 1,
        "the end of the page's process is that of all its frames");
  (void)story.contents.reload();
  check(story.comes("app://one/inner.html") && story.comes("app://two/inner.html"), "reload brings them back");
  auto before = story.frame("app://two/inner.html");
  (void)story.contents.reload();
  check(before && story.goes(*before) && story.comes("app://one/inner.html") && story.comes("app://two/inner.html") &&
            story.contents.frames().size() == 3,
        "and so does reload without a crash");
}

int run_on() {
  Story story(std::string(std::getenv("TMPDIR")) + "/preload.js");
  for (auto part : {begin, messages, coming_and_going, crashes}) part(story);
  return end_of_steps();
}

int run_off() {
  Story story(std::string(std::getenv("TMPDIR")) + "/preload.js", false);
  check(story.live.load(story.contents, "app://one/outer.html"),
        "a page with iframes whose window wants no preloads there");
  auto said = story.run(
      "new Promise(f => { const g = () => said.length >= 2 ? f(said.sort().join()) : setTimeout(g, 10); g() })");
  check(said == "one undefined,two undefined", "they have none");
  check(story.contents.frames().size() == 1 && story.run("bridge.place") == "main", "and the page has its own");
  return end_of_steps();
}

int run_test() {
  return run_steps([](const Home& home) {
    std::ofstream(home.path() + "/preload.js") << preload_text;
    for (const char* part : {"on", "off"}) retell(part);
  });
}

}  // namespace
}  // namespace mullion::cef::test

// Roles: "on" has preloads in iframes, "off" has not.
int main(int argc, char** argv) {
  using namespace mullion::cef::test;
  if (is_started_by_chromium(argc, argv)) return mullion::run(argc, argv, live_program());
  if (role().empty()) return run_test();
  return role() == "on" ? run_on() : run_off();
}
