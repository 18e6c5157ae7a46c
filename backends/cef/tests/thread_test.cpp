// Chromium on a thread of its own: each step is a line of TAP.
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <sstream>

#include "mullion/backends/cef.hpp"
#include "mullion/main.hpp"
#include "screen.hpp"
#include "steps.hpp"

namespace mullion::cef::test {
namespace {

constexpr std::uint32_t green = 0x20c040;
constexpr std::string_view page_url =
    "data:text/html,<body style='margin:0'><script>function later() {"
    "setTimeout(() => { document.body.style.background = '%2320c040' }, 100) }</script>";

Program program(std::function<Task<Result<>>(main::App&)> entry) {
  Options options{.sandbox = geteuid() != 0, .work = Work::on_thread};
  return {.main = std::move(entry), .backends = {backend(options)}};
}

bool has_chromiums_thread() {
  std::error_code error;
  for (const auto& each : std::filesystem::directory_iterator("/proc/self/task", error))
    if (each.path().filename() != std::to_string(getpid()) && read_file(each.path() / "comm") == "CrBrowserMain\n")
      return true;
  return false;
}

// What the loop's thread, and the whole process, have used so far.
long wakes() {
  std::istringstream status(read_file("/proc/self/task/" + std::to_string(getpid()) + "/status"));
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("voluntary_ctxt_switches:")) return std::atol(line.c_str() + line.find(':') + 1);
  return -1;
}

long ticks() {
  auto text = read_file("/proc/self/stat");
  std::istringstream fields(text.substr(text.rfind(')') + 2));
  std::string each;
  for (int i = 0; i < 11; ++i) fields >> each;
  long user = 0, system = 0;
  fields >> user >> system;
  return user + system;
}

bool turns_green_while_the_loop_is_blocked(const std::string& folder) {
  for (int waited = 0; waited < patience_ms; waited += 20, usleep(20'000))
    if (pixels(folder, green) > 400 * 300 / 2) return true;
  return false;
}

Task<Result<>> tell(main::App& app) {
  main::BrowserWindowOptions options{.width = 400, .height = 300};
  auto window = main::BrowserWindow::create(app, options);
  if (!window) co_return std::unexpected(window.error());
  check(has_chromiums_thread(), "Chromium's work is done on a thread of its own");
  std::string url(page_url), script = "later(); 1";
  auto loading = window->load_url(url);
  auto loaded = co_await std::move(loading);
  if (!loaded) co_return loaded;
  auto running = window->web_contents().execute_java_script(script);
  (void)co_await std::move(running);
  check(turns_green_while_the_loop_is_blocked(std::getenv("TMPDIR")),
        "the window shows what its page does while the program's loop is blocked");
  (void)window->web_contents().start_load(url);
  usleep(3'000'000);  // the loop is blocked, and Chromium has long said that it is there
  std::string nowhere = "file:///nowhere/at/all.html";
  auto next = window->load_url(nowhere);
  auto missing = co_await std::move(next);
  check(!missing, "what was told of an earlier load, and waits for the loop, is not taken for the next one's");
  auto settling = sleep_for(app.loop(), 2000);
  co_await std::move(settling);
  auto wakes_before = wakes(), ticks_before = ticks();
  auto idling = sleep_for(app.loop(), 3000);
  co_await std::move(idling);
  check(wakes() - wakes_before <= 6, "an idle program's loop sleeps");
  check(ticks() - ticks_before <= 3, "and the program uses no cpu");
  window->destroy();
  co_return Result<>{};
}

// Ended at once, without a word to the windows.
Task<Result<>> leave(main::App& app) {
  for (int i = 0; i < 3; ++i) {
    auto window = main::BrowserWindow::create(app);
    if (!window) co_return std::unexpected(window.error());
    (void)window->web_contents().start_load(page_url);
  }
  app.exit(3);
  co_return Result<>{};
}

int hear(const char* of) {
  FILE* output = popen(command(of).c_str(), "r");
  char line[1000];
  while (output && std::fgets(line, sizeof line, output)) {
    std::string_view text(line);
    auto at = text.find(" - ");
    if (at != text.npos) check(text.starts_with("ok"), text.substr(at + 3, text.size() - at - 4));
  }
  int status = output ? pclose(output) : -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int run_test() {
  return run_steps([](const Home& home) {
    check(hear("story") == 0, "the program quits with its last window");
    check(hear("leaves") == 3, "a program that ends while its windows load ends well");
    check(all_end() && home.private_folders().empty(), "the private folder is gone");
  });
}

}  // namespace
}  // namespace mullion::cef::test

int main(int argc, char** argv) {
  using namespace mullion::cef::test;
  if (role().empty() && !is_started_by_chromium(argc, argv)) return run_test();
  return mullion::run(argc, argv, role() == "leaves" ? program(leave) : program(tell));
}
