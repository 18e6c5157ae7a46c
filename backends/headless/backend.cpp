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

Error not_loaded() {
  const char* why = dlerror();
  return {.kind = Kind::failed, .code = "module", .message = std::string("the headless backend's page module: ") + (why ? why : "")};
}

// The module stays loaded until the process ends: what it made may be used until then.
Result<ModuleEntry> load_module(const Options& options) {
  auto places = module_places(options);
  for (const auto& place : places) {
    if (access(place.c_str(), R_OK) != 0) continue;
    void* module = dlopen(place.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (!module) return std::unexpected(not_loaded());
    auto entry = reinterpret_cast<ModuleEntry>(dlsym(module, module_entry));
    if (!entry) return std::unexpected(not_loaded());
    return entry;
  }
  return std::unexpected(not_found(places));
}

class HeadlessBackend final : public backend::Backend {
 public:
  explicit HeadlessBackend(Options options) : options_(std::move(options)) {}

  std::string_view name() const override { return "headless"; }

  Result<std::unique_ptr<backend::View>> create_view(backend::ViewHost& host,
                                                     const backend::ViewOptions&) const override {
    if (auto started = host.start_renderer(); !started) return std::unexpected(started.error());
    return std::make_unique<HeadlessView>(host);
  }

  Result<std::unique_ptr<backend::Renderer>> create_renderer(backend::RendererHost& host) const override {
    auto entry = load_module(options_);
    if (!entry) return std::unexpected(entry.error());
    Result<std::unique_ptr<backend::Renderer>> made;
    (*entry)(host, MULLION_VERSION, made);
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
