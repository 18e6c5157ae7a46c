#include "cef/browser/factory.hpp"

#include <sys/prctl.h>
#include <unistd.h>

#include <climits>
#include <cstdlib>
#include <string_view>
#include <utility>

#include "cef/app/browser_app.hpp"
#include "cef/app/scheme.hpp"
#include "cef/browser/view.hpp"
#include "cef/browser/window.hpp"
#include "cef/module.hpp"

namespace mullion::cef {

namespace {

constexpr int closing_patience_ms = 5000;

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

}  // namespace

Result<std::unique_ptr<backend::ViewFactory>> Factory::create(backend::FactoryHost& host, const Options& options) {
  std::unique_ptr<Factory> factory(new Factory(host, options));
  if (auto opened = factory->open(); !opened) return std::unexpected(std::move(opened).error());
  return factory;
}

Result<> Factory::open() {
  if (auto display = check_display(options_); !display) return display;
  if (auto sandbox = check_sandbox(options_); !sandbox) return sandbox;
  auto places = find_places(options_);
  if (!places) return std::unexpected(std::move(places).error());
  auto folder = PrivateFolder::create();
  if (!folder) return std::unexpected(std::move(folder).error());
  folder_ = std::move(*folder);
  auto hellos = HelloServer::create(host_.loop(), folder_->path(),
                                    [this](UniqueFd link) { return host_.adopt_renderer(std::move(link)); });
  if (!hellos) return std::unexpected(std::move(hellos).error());
  hellos_ = std::move(*hellos);
  auto children = ChildWatch::create(
      host_.loop(), folder_->path(),
      [this](std::string_view type, const ProcessEnd& end) { host_.child_process_gone(type, end.reason, end.code); });
  if (!children) return std::unexpected(std::move(children).error());
  children_ = std::move(*children);
  auto pump = MessagePump::create(host_.loop());
  if (!pump) return std::unexpected(std::move(pump).error());
  pump_ = std::move(*pump);
  return initialize(*places);
}

Result<> Factory::initialize(const Places& places) {
  auto program = executable();
  char* argv[] = {program.data(), nullptr};
  CefSettings settings;
  settings.no_sandbox = !options_.sandbox;
  settings.external_message_pump = true;
  settings.command_line_args_disabled = true;
  settings.log_severity = LOGSEVERITY_ERROR;
  settings.uncaught_exception_stack_size = 10;
  set(settings.browser_subprocess_path, program);
  set(settings.resources_dir_path, places.resources);
  set(settings.locales_dir_path, places.locales);
  auto cache = options_.cache.empty() ? folder_->path() + "/chromium" : options_.cache;
  set(settings.root_cache_path, cache);
  set(settings.cache_path, cache);  // without one Chromium writes some of it to the working directory
  set(settings.log_file, folder_->path() + "/chromium.log");
  if (auto first = check_first_start(); !first) return first;
  const Dumpable during_start;
  setenv(hello_variable, hellos_->path().c_str(), 1);
  setenv(children_variable, children_->path().c_str(), 1);
  if (!CefInitialize(CefMainArgs(1, argv), settings, make_browser_app(options_, pump_), nullptr))
    return std::unexpected(not_started());
  initialized_ = true;
  resources_ = std::make_shared<AppSource>(host_);
  CefRegisterSchemeHandlerFactory(app_scheme, "", make_app_scheme_factory(resources_));
  return {};
}

Result<std::unique_ptr<backend::View>> Factory::create_view(backend::ViewHost& host,
                                                            const backend::ViewOptions& options) {
  auto view = View::create(host, *hellos_, browsers_, std::make_unique<WindowSurface>(options));
  if (!view) return std::unexpected(std::move(view).error());
  return std::unique_ptr<backend::View>(std::move(*view));
}

// Its processes end as they should from here on. Chromium ends the program if anything of its own is still held then.
Factory::~Factory() {
  children_.reset();
  if (resources_) resources_->close();
  if (initialized_) {
    CefClearSchemeHandlerFactories();
    pump_->work_until([this] { return *browsers_ == 0; }, closing_patience_ms);
    CefShutdown();
  }
  if (pump_) pump_->stop();
}

}  // namespace mullion::cef
