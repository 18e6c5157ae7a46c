#include "cef/browser/engine.hpp"

#include <sys/prctl.h>
#include <unistd.h>

#include <climits>
#include <utility>

#include "cef/app/browser_app.hpp"
#include "cef/app/counted.hpp"
#include "cef/app/scheme.hpp"
#include "mullion/base/log.hpp"

namespace mullion::cef {

namespace {

std::string executable() {
  char path[PATH_MAX];
  auto size = readlink("/proc/self/exe", path, sizeof path);
  return {path, size > 0 ? static_cast<std::size_t>(size) : 0};
}

void set(cef_string_t& field, const std::string& value) { CefString{& field} = value; }

// Chromium's zygotes are cloned off this process into a user namespace, and map its user there through /proc/self:
// which belongs to root where the process is undumpable, as Mullion's main is.
class Dumpable {
 public:
  Dumpable() : before_(prctl(PR_GET_DUMPABLE)) { prctl(PR_SET_DUMPABLE, 1); }
  Dumpable(const Dumpable&) = delete;
  Dumpable& operator=(const Dumpable&) = delete;
  ~Dumpable() { prctl(PR_SET_DUMPABLE, before_); }

 private:
  int before_;
};

Error not_started() {
  return {.kind = Kind::failed,
          .code = "chromium",
          .message = "Chromium cannot be started; what it wrote on stderr may say more"};
}

// What Chromium keeps for as long as a process lives it keeps where only it can clean up.
Result<> check_first_start() {
  static bool started = false;
  if (!std::exchange(started, true)) return {};
  return std::unexpected(Error{.kind = Kind::failed,
                               .code = "engine",
                               .message = "Chromium cannot be started a second time in one process: keep the first App,"
                                          " or start the program again"});
}

CefSettings settings_of(const Options& options, const Places& places, const std::string& folder, bool own_thread) {
  CefSettings settings;
  settings.no_sandbox = !options.sandbox;
  settings.external_message_pump = !own_thread;
  settings.multi_threaded_message_loop = own_thread;
  settings.windowless_rendering_enabled = true;
  settings.command_line_args_disabled = true;
  settings.log_severity = LOGSEVERITY_ERROR;
  settings.uncaught_exception_stack_size = 10;
  set(settings.browser_subprocess_path, executable());
  set(settings.resources_dir_path, places.resources);
  set(settings.locales_dir_path, places.locales);
  auto cache = options.cache.empty() ? folder + "/chromium" : options.cache;
  set(settings.root_cache_path, cache);
  set(settings.cache_path, cache);  // without one Chromium writes some of it to the working directory
  set(settings.log_file, folder + "/chromium.log");
  return settings;
}

}  // namespace

Result<Places> Engine::check(const Options& options) {
  if (auto display = check_display(options); !display) return std::unexpected(std::move(display).error());
  if (auto sandbox = check_sandbox(options); !sandbox) return std::unexpected(std::move(sandbox).error());
  return find_places(options);
}

Result<std::unique_ptr<Engine>> Engine::start(const Options& options, const Places& places, const std::string& folder,
                                              std::shared_ptr<MessagePump> pump, backend::FactoryHost& host) {
  if (auto first = check_first_start(); !first) return std::unexpected(std::move(first).error());
  auto program = executable();
  char* argv[] = {program.data(), nullptr};
  auto settings = settings_of(options, places, folder, pump == nullptr);
  const Dumpable during_start;
  if (!CefInitialize(CefMainArgs(1, argv), settings, make_browser_app(options, std::move(pump)), nullptr))
    return std::unexpected(not_started());
  return std::unique_ptr<Engine>(new Engine(host));
}

Engine::Engine(backend::FactoryHost& host) : resources_(std::make_shared<AppSource>(host)) {
  CefRegisterSchemeHandlerFactory(app_scheme, "", make_app_scheme_factory(resources_));
}

void Engine::close_resources() {
  resources_->close();
  CefClearSchemeHandlerFactories();
}

Engine::~Engine() {
  CefShutdown();
  if (int held = Counted::living(); held > 0)
    log(Level::error, "after CefShutdown " + std::to_string(held) + " objects are incorrectly held");
}

}  // namespace mullion::cef
