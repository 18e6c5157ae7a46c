// What goes wrong around a program with windows: each step is a line of TAP.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "mullion/backends/cef.hpp"
#include "mullion/main.hpp"
#include "mullion/utility.hpp"
#include "screen.hpp"
#include "steps.hpp"

namespace mullion::cef::test {
namespace {

constexpr std::uint32_t green = 0x20c040;
constexpr std::uint32_t orange = 0xf08020;
constexpr std::uint32_t violet = 0x8040c0;
constexpr std::string_view page_url =
    "data:text/html,<title>Painted</title><body style='margin:0;background:%2320c040'>";

Task<Result<>> idle(utility::Process& process) {
  (void)co_await process.parent_port().receive();
  co_return {};
}

std::string setting(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

Program program(std::function<Task<Result<>>(main::App&)> entry) {
  Options options{.module = setting("MULLION_TEST_SETS_MODULE"), .resources = setting("MULLION_TEST_SETS_RESOURCES")};
  options.sandbox = geteuid() != 0;
  options.work = with_own_thread() ? Work::on_thread : Work::on_loop;
  return {.main = std::move(entry), .utilities = {{"idle", idle}}, .backends = {backend(options)}};
}

bool contains(const std::string& text, std::string_view part) { return text.find(part) != text.npos; }

// ---- the programs ----

Task<Result<>> open_and_close(main::App& app) {
  auto window = main::BrowserWindow::create(app);
  if (!window) co_return std::unexpected(window.error());
  std::puts("opened");
  std::fflush(stdout);
  window->destroy();
  co_return Result<>{};
}

Task<Result<>> open_and_stay(main::App& app) {
  auto window = main::BrowserWindow::create(app);
  if (!window) co_return std::unexpected(window.error());
  std::string url(page_url);
  auto loading = window->load_url(url);
  auto loaded = co_await std::move(loading);
  std::printf("%d\n", loaded ? getpid() : 0);
  std::fflush(stdout);
  co_return Result<>{};
}

bool maps(int pid, std::string_view library) {
  return contains(read_file("/proc/" + std::to_string(pid) + "/maps"), library);
}

Task<Result<>> look_at_maps(main::App& app) {
  auto worker = main::UtilityProcess::fork(app, "idle");
  if (!worker) co_return std::unexpected(worker.error());
  auto running = until(app.loop(), [&] { return maps(worker->pid(), "libuv"); });
  bool runs = co_await std::move(running);
  bool main_maps = maps(getpid(), "libcef.so");
  check(runs && main_maps && !maps(worker->pid(), "libcef.so") && !maps(worker->pid(), "mullion-cef-module"),
        "a utility process never maps libcef.so, which main does");
  co_return Result<>{};
}

// The page takes this colour, and the screen shows it.
Task<bool> paints(main::App& app, main::BrowserWindow window, std::uint32_t colour) {
  char script[100];
  std::snprintf(script, sizeof script, "document.body.style.background = '#%06x'; 1", colour);
  std::string text(script), folder = setting("TMPDIR");
  auto running = window.web_contents().execute_java_script(text);
  auto answer = co_await std::move(running);
  auto showing = until(app.loop(), [&] { return pixels(folder, colour) > 200'000; });
  bool shown = co_await std::move(showing);
  co_return answer&& shown;
}

// True when another one has taken its place and the window shows what is painted then.
Task<bool> kill_gpu_process(main::App& app, main::BrowserWindow window, std::uint32_t colour) {
  int victim = process_with("--type=gpu-process");
  if (victim == 0 || kill(victim, SIGKILL) != 0) co_return false;
  auto replaced = until(app.loop(), [victim] {
    int now = process_with("--type=gpu-process");
    return now != 0 && now != victim;
  });
  bool another = co_await std::move(replaced);
  auto painting = paints(app, window, colour);
  bool painted = co_await std::move(painting);
  co_return another&& painted;
}

std::string told_as(const main::ChildProcessGone& gone) {
  return gone.type + " " + gone.name + " " + gone.reason + " " + std::to_string(gone.exit_code);
}

Task<Result<>> kill_gpu_processes(main::App& app, main::BrowserWindow window) {
  std::vector<std::string> told;
  Scope listening;
  app.on(listening, main::child_process_gone,
         [&told](const main::ChildProcessGone& gone) { told.push_back(told_as(gone)); });
  std::string folder = setting("TMPDIR");
  auto green_before = until(app.loop(), [&] { return pixels(folder, green) > 200'000; });
  bool painted = co_await std::move(green_before);
  int killed = 0;
  bool replaced = true;
  while (replaced && killed < 10) {
    auto killing = kill_gpu_process(app, window, killed % 2 ? violet : orange);
    replaced = co_await std::move(killing);
    killed += replaced;
  }
  check(painted && killed == 10, "ten GPU processes are killed, and each time the window shows what is painted then");
  auto telling = until(app.loop(), [&] { return told.size() >= 10; });
  (void)co_await std::move(telling);
  for (const auto& each : told) std::printf("# %s\n", each.c_str());
  check(told == std::vector<std::string>(10, "GPU cef killed 9"), "each is child_process_gone of type GPU, killed");
  check(pixels(folder, green) == 0 && pixels(folder, orange) == 0, "and nothing on the screen is older");
  co_return Result<>{};
}

// What is told of the first process with this on its command line, when that signal ends it.
Task<std::string> told_of(main::App& app, std::string argument, std::string but_not, int signal) {
  std::string told;
  Scope listening;
  app.on(listening, main::child_process_gone, [&told](const main::ChildProcessGone& gone) { told = told_as(gone); });
  int victim = process_with(argument, but_not);
  if (victim == 0 || kill(victim, signal) != 0) co_return "there is none";
  auto telling = until(app.loop(), [&] { return !told.empty(); });
  (void)co_await std::move(telling);
  co_return told;
}

Task<Result<>> kill_others(main::App& app) {
  std::string gpu = "--type=gpu-process", network = "--utility-sub-type=network", zygote = "--type=zygote";
  std::string nothing = "\n", open = "--no-zygote-sandbox";
  auto crashing = told_of(app, gpu, nothing, SIGSEGV);
  auto crashed = co_await std::move(crashing);
  check(crashed == "GPU cef crashed 11", "a GPU process that crashes is told so");
  auto ending = told_of(app, network, nothing, SIGKILL);
  auto ended = co_await std::move(ending);
  check(ended == "Utility cef killed 9", "Chromium's network service is child_process_gone of type Utility");
  auto killing = told_of(app, zygote, open, SIGKILL);
  auto killed = co_await std::move(killing);
  check(killed == "Zygote cef killed 9", "a zygote that was killed is child_process_gone of type Zygote");
  co_return Result<>{};
}

Task<Result<>> attack(main::App& app) {
  auto window = main::BrowserWindow::create(app);
  if (!window) co_return std::unexpected(window.error());
  std::string url(page_url);
  auto loading = window->load_url(url);
  auto loaded = co_await std::move(loading);
  if (!loaded) co_return loaded;
  auto looking = look_at_maps(app);
  (void)co_await std::move(looking);
  auto gpu = kill_gpu_processes(app, *window);
  (void)co_await std::move(gpu);
  auto others = kill_others(app);
  (void)co_await std::move(others);
  app.on(main::child_process_gone,
         [](const main::ChildProcessGone& gone) { check(false, "nothing is told at quit: " + told_as(gone)); });
  app.quit();
  co_return Result<>{};
}

int run_twice(int argc, char** argv) {
  mullion::run(argc, argv, program(open_and_close));
  return mullion::run(argc, argv, program(open_and_close));
}

// ---- the test ----

void second_start() {
  auto text = says("twice");
  check(contains(text, "opened\n") && contains(text, "cannot be started a second time in one process"),
        "a second App's window is refused by name");
}

// libcef's own folder, with this one file of it missing.
std::string without(const std::string& folder, const std::string& file) {
  std::filesystem::path place(folder + "/without-" + file);
  std::filesystem::create_directory(place);
  std::filesystem::copy_file(setting("MULLION_TEST_MODULE"), place / "libmullion-cef-module.so");
  for (const auto& each : std::filesystem::directory_iterator(setting("MULLION_TEST_RUNTIME")))
    if (each.path().filename() != file)
      std::filesystem::create_symlink(std::filesystem::canonical(each.path()), place / each.path().filename());
  return place.string();
}

void missing_files(const std::string& folder) {
  for (std::string file : {"v8_context_snapshot.bin", "icudtl.dat", "resources.pak"}) {
    auto place = without(folder, file);
    auto text = says("open", "LD_LIBRARY_PATH=" + place + " MULLION_MODULE_DIR=" + place);
    check(contains(text, "needs " + place + "/" + file) && contains(text, "copy it there"),
          "without " + file + " the error names it and the fix");
  }
  auto elsewhere = says("open", "MULLION_TEST_SETS_RESOURCES=" + folder);
  check(contains(elsewhere, folder + "/resources.pak") && contains(elsewhere, "cef::Options"),
        "nor are resources looked for elsewhere than Options name");
  auto module = says("open", "MULLION_TEST_SETS_MODULE=" + folder + "/none.so");
  check(contains(module, "module: it was not found") && contains(module, folder + "/none.so"),
        "without its module the error names where it was looked for");
}

void attacked() {
  retell("attacked", "and the program quits as it wishes");
  check(all_end(), "no process is left of it");
}

void killed_main(const Home& home) {
  FILE* output = popen(command("stay").c_str(), "r");
  char line[100] = "";
  bool opened = output && std::fgets(line, sizeof line, output);
  int victim = std::atoi(line);
  check(opened && victim > 0 && kill(victim, SIGKILL) == 0, "a main with a window is killed");
  if (output) pclose(output);
  check(all_end(), "Chromium's processes end with it");
  auto left = home.private_folders();
  (void)says("open");
  check(!left.empty() && !std::filesystem::exists(left[0]), "and the next start clears its folder away");
}

int run_test() {
  const Home home;
  {
    const Screen screen(home.path());
    second_start();
    missing_files(home.path());
    attacked();
    killed_main(home);
  }
  return end_of_steps();
}

int run_role(int argc, char** argv) {
  if (role() == "twice" && !is_started_by_chromium(argc, argv)) return run_twice(argc, argv);
  if (role() == "attacked") return mullion::run(argc, argv, program(attack));
  return mullion::run(argc, argv, program(role() == "stay" ? open_and_stay : open_and_close));
}

}  // namespace
}  // namespace mullion::cef::test

// Roles: "twice" ends an App and begins another, "open" has a window for a moment, "stay" keeps it, "attacked" has its
// processes killed. Mullion's own children come with a role as well.
int main(int argc, char** argv) {
  using namespace mullion::cef::test;
  return role().empty() ? run_test() : run_role(argc, argv);
}
