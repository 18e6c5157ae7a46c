#include "mullion/backends/headless.hpp"

#include <dlfcn.h>
#include <unistd.h>

#include <climits>
#include <cstdlib>
#include <vector>

#include "headless/module.hpp"
#include "headless/view.hpp"

namespace mullion::headless {

namespace {

std::string executable_folder() {
  char path[PATH_MAX];
  auto size = readlink("/proc/self/exe", path, sizeof path);
  std::string_view whole(path, size > 0 ? static_cast<std::size_t>(size) : 0);
  return std::string(whole.substr(0, whole.rfind('/')));
}

std::vector<std::string> module_places(const Options& options) {
  if (!options.module.empty()) return {options.module};
  std::vector<std::string> places;
  if (const char* folder = std::getenv("MULLION_MODULE_DIR")) places.push_back(std::string(folder) + "/" + module_file);
  places.push_back(std::string(MULLION_MODULE_DIR) + "/" + module_file);
  places.push_back(executable_folder() + "/../lib/mullion/" + module_file);
  return places;
}

Error not_found(const std::vector<std::string>& places) {
  std::string message = "the headless backend's page module was not found; looked for:";
  for (const auto& place : places) message += " " + place;
  return {.kind = Kind::failed, .code = "module", .message = message};
}

Error not_loaded(std::string_view why) {
  return {.kind = Kind::failed, .code = "module", .message = "the headless backend's page module: " + std::string(why)};
}

// The module stays loaded until the process ends: what it made may be used until then.
Result<MakeRenderer*> open_module(const std::string& file) {
  void* module = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!module) return std::unexpected(not_loaded(dlerror()));
  auto* version = static_cast<const char*>(dlsym(module, module_version_symbol));
  if (!version || std::string_view(version) != MULLION_VERSION)
    return std::unexpected(not_loaded(file + " is not of version " MULLION_VERSION ", as the program is"));
  auto* entry = reinterpret_cast<MakeRenderer*>(dlsym(module, module_entry));
  if (!entry) return std::unexpected(not_loaded(dlerror()));
  return entry;
}

Result<MakeRenderer*> load_module(const Options& options) {
  auto places = module_places(options);
  for (const auto& place : places)
    if (access(place.c_str(), R_OK) == 0) return open_module(place);
  return std::unexpected(not_found(places));
}

class Factory final : public backend::ViewFactory {
 public:
  Result<std::unique_ptr<backend::View>> create_view(backend::ViewHost& host, const backend::ViewOptions&) override {
    if (auto started = host.start_renderer(); !started) return std::unexpected(started.error());
    return std::make_unique<View>(host);
  }
};

class HeadlessBackend final : public backend::Backend {
 public:
  explicit HeadlessBackend(Options options) : options_(std::move(options)) {}

  std::string_view name() const override { return "headless"; }

  Result<std::unique_ptr<backend::ViewFactory>> create_factory(backend::FactoryHost&) const override {
    return std::make_unique<Factory>();
  }

  Result<std::unique_ptr<backend::Renderer>> create_renderer(backend::RendererHost& host) const override {
    auto entry = load_module(options_);
    if (!entry) return std::unexpected(entry.error());
    Result<std::unique_ptr<backend::Renderer>> made;
    (*entry)(host, made);
    return made;
  }

 private:
  Options options_;
};

}  // namespace

std::shared_ptr<const backend::Backend> backend(Options options) {
  return std::make_shared<HeadlessBackend>(std::move(options));
}

}  // namespace mullion::headless
