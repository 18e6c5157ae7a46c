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

// True when another one has taken its place.
Task<bool> kill_gpu_process(main::App& app) {
  int victim = process_with("--type=gpu-process");
  if (victim == 0 || kill(victim, SIGKILL) != 0) co_return false;
  auto replaced = until(app.loop(), [victim] {
    int now = process_with("--type=gpu-process");
    return now != 0 && now != victim;
  });
  co_return co_await std::move(replaced);
}

Task<Result<>> kill_gpu_processes(main::App& app, main::BrowserWindow window) {
  std::string folder = setting("TMPDIR");
  auto green_before = until(app.loop(), [&] { return pixels(folder, green) > 200'000; });
  bool painted = co_await std::move(green_before);
  int killed = 0;
  bool replaced = true;
  while (replaced && killed < 10) {
    auto killing = kill_gpu_process(app);
    replaced = co_await std::move(killing);
    killed += replaced;
  }
  check(painted && killed == 10, "ten GPU processes are killed, and another one comes each time");
  std::string script = "document.body.style.background = '#8040c0'; 1";
  auto running = window.web_contents().execute_java_script(script);
  auto answer = co_await std::move(running);
  check(answer.has_value(), "main and the page live on");
  auto violet_after = until(app.loop(), [&] { return pixels(folder, violet) > 200'000; });
  bool again = co_await std::move(violet_after);
  check(again && pixels(folder, green) == 0, "and the window shows what is painted then");
  co_return Result<>{};
}

Task<Result<>> kill_zygote(main::App& app) {
  main::ChildProcessGone gone;
  Scope listening;
  app.on(listening, main::child_process_gone, [&gone](const main::ChildProcessGone& told) { gone = told; });
  int zygote = process_with("--type=zygote", "--no-zygote-sandbox");
  if (zygote != 0) kill(zygote, SIGKILL);
  auto told = until(app.loop(), [&] { return !gone.type.empty(); });
  (void)co_await std::move(told);
  check(gone.type == "Zygote" && gone.reason == "killed" && gone.name == "cef",
        "a zygote that was killed is child_process_gone of type Zygote");
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
  auto zygote = kill_zygote(app);
  (void)co_await std::move(zygote);
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
  FILE* output = popen(command("attacked").c_str(), "r");
  char line[1000];
  while (output && std::fgets(line, sizeof line, output)) {
    std::string_view text(line);
    auto at = text.find(" - ");
    if (at != text.npos) check(text.starts_with("ok"), text.substr(at + 3, text.size() - at - 4));
  }
  check(output && pclose(output) == 0, "and the program quits as it wishes");
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
