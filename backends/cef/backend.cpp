#include <dlfcn.h>
#include <unistd.h>

#include <climits>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "cef/app/hello_socket.hpp"
#include "cef/module.hpp"

namespace mullion::cef {

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

Error module_error(std::string_view why) {
  return {.kind = Kind::failed, .code = "module", .message = "the CEF backend's module: " + std::string(why)};
}

Error not_found(const std::vector<std::string>& places) {
  std::string message = "it was not found; looked for:";
  for (const auto& place : places) message += " " + place;
  return module_error(message);
}

// The module stays loaded until the process ends: libcef cannot be unloaded.
Result<void*> open_module(const std::string& file) {
  void* module = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!module) return std::unexpected(module_error(dlerror()));
  auto* version = static_cast<const char*>(dlsym(module, module_version_symbol));
  if (version && std::string_view(version) == MULLION_VERSION) return module;
  return std::unexpected(module_error(file + " is not of version " MULLION_VERSION ", as the program is"));
}

Result<void*> load_module(const Options& options) {
  auto places = module_places(options);
  for (const auto& place : places)
    if (access(place.c_str(), R_OK) == 0) return open_module(place);
  return std::unexpected(not_found(places));
}

template <class Entry>
Result<Entry*> entry(const Options& options, const char* name) {
  auto module = load_module(options);
  if (!module) return std::unexpected(std::move(module).error());
  if (auto* found = reinterpret_cast<Entry*>(dlsym(*module, name))) return found;
  return std::unexpected(module_error(dlerror()));
}

class CefBackend final : public backend::Backend {
 public:
  explicit CefBackend(Options options) : options_(std::move(options)) {}

  std::string_view name() const override { return "cef"; }

  Result<std::unique_ptr<backend::ViewFactory>> create_factory(backend::FactoryHost& host) const override {
    auto create = entry<CreateFactory>(options_, module_factory);
    if (!create) return std::unexpected(std::move(create).error());
    Result<std::unique_ptr<backend::ViewFactory>> made;
    (*create)(host, options_, made);
    return made;
  }

  Result<std::unique_ptr<backend::Renderer>> create_renderer(backend::RendererHost&) const override {
    return std::unexpected(Error{
        .kind = Kind::unimplemented, .code = "renderer", .message = "Chromium starts its renderer processes itself"});
  }

  std::optional<int> run_process(int argc, char** argv, backend::ProcessHost& host) const override {
    auto hello = connect_hello(argc, argv);
    if (!hello) return std::nullopt;
    if (auto run = entry<RunProcess>(options_, module_process))
      return (*run)(argc, argv, host, hello->release());
    else
      std::fprintf(stderr, "%s\n", run.error().message.c_str());
    return 1;
  }

 private:
  Options options_;
};

}  // namespace

std::shared_ptr<const backend::Backend> backend(Options options) {
  return std::make_shared<CefBackend>(std::move(options));
}

}  // namespace mullion::cef
