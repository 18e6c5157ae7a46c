// Mullion in a program that runs CEF itself: each step is a line of TAP.
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string_view>

#include "host_program.hpp"
#include "mullion/preload.hpp"
#include "screen.hpp"
#include "steps.hpp"

namespace mullion::cef::test {
namespace {

constexpr std::string_view page_text = R"(<!doctype html><title>Adopted</title><body style="background:#20c040">
<script>
console.log((parent === self ? 'first: ' : 'frame: ') + typeof bridge + ' ' + ofShell);
if (location.search === '?framed') document.body.append(
  Object.assign(document.createElement('iframe'), {src: 'app://other/page.html'}));
</script>)";

Result<> bridge(preload::Context& context) {
  auto& ipc = context.ipc_renderer();
  preload::Api api;
  api.add("double", [&ipc](std::vector<Value> numbers) { return ipc.invoke("double", std::move(numbers)); });
  return context.context_bridge().expose_in_main_world("bridge", std::move(api));
}

struct Story {
  HostProgram* program = nullptr;
  std::string folder = std::getenv("TMPDIR");
  bool began = false;
  std::string events{};
  std::string gone{};
  std::vector<std::string> console{};

  bool said(std::string_view text) const { return std::ranges::find(console, text) != console.end(); }
  void serve(main::App& app);
  void listen(const main::WebContents& contents);
  Task<Result<main::WebContents>> adopted(main::App& app);
  Task<Result<>> tell(main::App& app);
  Task<Result<>> tell_briefly(main::App& app);
  Task<Result<>> load(main::App& app, main::WebContents contents);
  Task<Result<>> crash(main::App& app, main::WebContents contents);
  Task<Result<>> failures(main::App& app, main::WebContents contents);
  Task<Result<>> frames(main::App& app, main::WebContents contents);
  Task<Result<>> others(main::App& app, main::WebContents contents);
  Task<Result<>> closing(main::App& app, main::WebContents contents);
};

void Story::serve(main::App& app) {
  began = true;
  app.handle_app_protocol([](std::string_view url) -> Result<main::App::Resource> {
    if (!url.starts_with("app://test/page.html") && url != "app://other/page.html")
      return std::unexpected(Error{.kind = Kind::invalid, .code = "ENOENT", .message = "no such page"});
    auto bytes = std::as_bytes(std::span(page_text));
    return main::App::Resource{{bytes.begin(), bytes.end()}, "text/html"};
  });
  (void)app.ipc_main().handle("double", [](main::InvokeEvent, std::vector<Value> numbers) -> Result<Value> {
    return Value(numbers.at(0).to<int>().value_or(0) * 2);
  });
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

Task<Result<main::WebContents>> Story::adopted(main::App& app) {
  auto waiting = until(app.loop(), [this] { return program->adopted().has_value(); });
  (void)co_await std::move(waiting);
  co_return program->adopted();
}

Task<Result<>> Story::tell(main::App& app) {
  serve(app);
  auto adopting = adopted(app);
  auto contents = co_await std::move(adopting);
  if (!contents) co_return std::unexpected(contents.error());
  check(program->attached_with_entry, "the program's entry has begun when attach returns");
  listen(*contents);
  for (auto step : {&Story::load, &Story::crash, &Story::failures, &Story::frames, &Story::others, &Story::closing}) {
    auto told = (this->*step)(app, *contents);
    auto ended = co_await std::move(told);
    if (!ended) co_return ended;
  }
  co_return Result<>{};
}

Task<Result<>> Story::load(main::App& app, main::WebContents contents) {
  auto loading = contents.load_url("app://test/page.html");
  auto loaded = co_await std::move(loading);
  if (!loaded) co_return loaded;
  check(true, "a browser that was adopted loads a page of the app");
  std::string script = "bridge.double(21)";
  auto running = contents.execute_java_script(script);
  auto answer = co_await std::move(running);
  check(answer && answer->to<int>() == 42, "its preload is there, and an invoke reaches main");
  auto stopped = until(app.loop(), [this] { return events.ends_with("stop "); });
  (void)co_await std::move(stopped);
  check(events == "start navigate dom finish stop ", "a load's events come once and in order");
  auto titled = until(app.loop(), [&] { return contents.title() == "Adopted"; });
  check(co_await std::move(titled), "the page's title comes by the program's own handler");
  check(said("first: object 5"), "so does its console, and the program's own renderer handler is called too");
  auto twice = program->host().adopt(program->browser());
  check(!twice && twice.error().code == "adopted", "a browser is adopted once");
  co_return Result<>{};
}

Task<Result<>> Story::crash(main::App& app, main::WebContents contents) {
  int first = contents.process_id();
  kill(first, SIGKILL);
  auto ended = until(app.loop(), [this] { return !gone.empty(); });
  (void)co_await std::move(ended);
  check(gone == "killed" && contents.is_crashed(), "a renderer that was killed is reported");
  events.clear();
  (void)contents.reload();
  auto again = until(app.loop(), [this] { return events.ends_with("finish stop "); });
  bool came = co_await std::move(again);
  std::string script = "bridge.double(4)";
  auto running = contents.execute_java_script(script);
  auto answer = co_await std::move(running);
  check(came && answer && answer->to<int>() == 8 && contents.process_id() != first,
        "reload brings the page and its bridge back");
  co_return Result<>{};
}

Task<Result<>> Story::failures(main::App&, main::WebContents contents) {
  auto missing = contents.load_url("app://test/missing.html");
  auto failed = co_await std::move(missing);
  check(!failed && failed.error().code == "ERR_FILE_NOT_FOUND", "a page that is not there is named as Chromium does");
  auto good = contents.load_url("app://test/page.html?again");
  auto loaded = co_await std::move(good);
  check(loaded.has_value(), "and what comes next is loaded");
  co_return Result<>{};
}

Task<Result<>> Story::frames(main::App& app, main::WebContents contents) {
  auto loading = contents.load_url("app://test/page.html?framed");
  (void)co_await std::move(loading);
  auto framed = until(app.loop(), [this] { return said("frame: object 5"); });
  check(co_await std::move(framed), "a frame of another site within it has the preload too, where that is wanted");
  co_return Result<>{};
}

Task<Result<>> Story::others(main::App& app, main::WebContents) {
  program->open_browser("data:text/html,<script>console.log('other: '+typeof bridge)</script>", false);
  auto heard = until(app.loop(), [this] { return program->heard("other: undefined"); });
  check(co_await std::move(heard), "a browser that was not adopted is left alone");
  main::BrowserWindowOptions options{.title = "Own"};
  options.web_preferences.preload = "bridge";
  auto window = main::BrowserWindow::create(app, options);
  if (!window) co_return std::unexpected(window.error());
  auto loading = window->load_url("app://test/page.html");
  (void)co_await std::move(loading);
  std::string script = "bridge.double(50)";
  auto running = window->web_contents().execute_java_script(script);
  auto answer = co_await std::move(running);
  check(answer && answer->to<int>() == 100, "the App opens windows of its own beside it");
  window->destroy();
  co_return Result<>{};
}

Task<Result<>> Story::closing(main::App& app, main::WebContents contents) {
  std::string veto = "window.onbeforeunload = (e) => { console.log('asked'); return 'stay'; }; 1";
  auto vetoing = contents.execute_java_script(veto);
  (void)co_await std::move(vetoing);
  app.quit();
  auto asked = until(app.loop(), [this] { return said("asked"); });
  bool came = co_await std::move(asked);
  std::string allow = "window.onbeforeunload = null; 1";
  auto allowing = contents.execute_java_script(allow);
  auto allowed = co_await std::move(allowing);
  check(came && allowed && !contents.is_destroyed(), "a page's beforeunload is asked and its veto holds");
  auto& quitting = app;
  contents.on(main::destroyed, [] { check(true, "the page is destroyed when its browser has closed"); });
  quitting.on(main::quit, [](int code) { check(code == 0, "and the app quits"); });
  for (const auto& window : main::BrowserWindow::get_all_windows(app)) window.close();
  co_return Result<>{};
}

Task<Result<>> Story::tell_briefly(main::App& app) {
  serve(app);
  auto adopting = adopted(app);
  auto contents = co_await std::move(adopting);
  if (!contents) co_return std::unexpected(contents.error());
  auto loading = contents->load_url("app://test/page.html");
  auto loaded = co_await std::move(loading);
  if (!loaded) co_return loaded;
  std::string script = "bridge.double(3)";
  auto running = contents->execute_java_script(script);
  auto answer = co_await std::move(running);
  std::printf("brief: %d\n", answer ? answer->to<int>().value_or(0) : -1);
  std::fflush(stdout);
  app.quit();
  co_return Result<>{};
}

// ---- the programs ----

int run_program(int argc, char** argv) {
  Story story;
  auto of = role();
  std::function<Task<Result<>>(main::App&)> entry = [&](main::App& app) { return story.tell_briefly(app); };
  if (of == "story") entry = [&](main::App& app) { return story.tell(app); };
  if (of == "refuses")
    entry = [](main::App&) -> Task<Result<>> { co_return std::unexpected(Error{.message = "it will not"}); };
  if (of == "leaves")
    entry = [](main::App& app) -> Task<Result<>> {
      app.exit(7);
      co_return Result<>{};
    };
  HostProgram program(argc, argv, {.main = entry, .preloads = {{"bridge", bridge}}});
  story.program = &program;
  program.preferences.preload_in_sub_frames = of == "story";
  program.fails = of == "fails";
  program.entry_began = [&] { return story.began; };
  return program.run(of == "work"     ? Turns::work
                     : of == "pump"   ? Turns::pump
                     : of == "thread" ? Turns::thread
                                      : Turns::run);
}

// The steps that the story tells are steps of this test.
void hear_story() {
  FILE* output = popen(command("story").c_str(), "r");
  char line[1000];
  while (output && std::fgets(line, sizeof line, output)) {
    std::string_view text(line);
    auto at = text.find(" - ");
    if (at != text.npos) check(text.starts_with("ok"), text.substr(at + 3, text.size() - at - 4));
  }
  check(output && pclose(output) == 0, "the program ends by itself, and with 0");
}

bool tells_and_ends(const char* role) {
  FILE* output = popen((command(role) + " 2>&1").c_str(), "r");
  std::string text;
  for (int each = 0; output && (each = std::fgetc(output)) != EOF;) text += static_cast<char>(each);
  bool ended = output && pclose(output) == 0;
  return ended && text.find("brief: 6") != text.npos;
}

int code_of(const char* role) {
  int status = std::system((command(role) + " 2>/dev/null").c_str());
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int run_test() {
  return run_steps([](const Home& home) {
    hear_story();
    check(tells_and_ends("work"), "CefDoMessageLoopWork turns it as well");
    check(tells_and_ends("pump"), "so does an external pump in GLib's loop");
    check(tells_and_ends("thread"), "and CEF's own UI thread");
    check(code_of("refuses") == 1, "an error of the entry ends the program with 1");
    check(code_of("fails") == 1, "so does the program's own fail()");
    check(code_of("leaves") == 7, "App::exit's code is the program's");
    check(all_end() && home.private_folders().empty(), "no folder is left");
  });
}

}  // namespace
}  // namespace mullion::cef::test

// Roles: programs that the test looks at; none is the test.
int main(int argc, char** argv) {
  using namespace mullion::cef::test;
  return role().empty() && !is_started_by_chromium(argc, argv) ? run_test() : run_program(argc, argv);
}
