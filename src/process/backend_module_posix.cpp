#include "mullion/backend_module.hpp"

#include <dlfcn.h>
#include <unistd.h>

#include <climits>
#include <cstdlib>
#include <vector>

namespace mullion::backend {

namespace {

std::string executable_folder() {
  char path[PATH_MAX];
  auto size = readlink("/proc/self/exe", path, sizeof path);
  std::string_view whole(path, size > 0 ? static_cast<std::size_t>(size) : 0);
  return std::string(whole.substr(0, whole.rfind('/')));
}

std::vector<std::string> places(const ModuleName& module, std::string_view path) {
  if (!path.empty()) return {std::string(path)};
  std::vector<std::string> folders;
  if (const char* folder = std::getenv("MULLION_MODULE_DIR")) folders.emplace_back(folder);
  folders.emplace_back(module.folder);
  folders.push_back(executable_folder() + "/../lib/mullion");
  for (auto& folder : folders) folder += std::string("/") + module.file;
  return folders;
}

std::unexpected<Error> failed(const ModuleName& module, std::string_view why) {
  return std::unexpected(Error{.kind = Kind::failed,
                               .code = "module",
                               .message = std::string(module.backend) + "'s module: " + std::string(why)});
}

Result<void*> open(const ModuleName& module, const std::string& file) {
  void* opened = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!opened) return failed(module, dlerror());
  auto* version = static_cast<const char*>(dlsym(opened, module.version_symbol));
  if (version && std::string_view(version) == module.version) return opened;
  return failed(module, file + " is not of version " + module.version + ", as the program is");
}

Result<void*> load(const ModuleName& module, std::string_view path) {
  std::string looked_for;
  for (const auto& place : places(module, path)) {
    if (access(place.c_str(), R_OK) == 0) return open(module, place);
    looked_for += " " + place;
  }
  return failed(module, "it was not found; looked for:" + looked_for);
}

}  // namespace

Result<void*> find_module_function(const ModuleName& module, std::string_view path, const char* function) {
  auto loaded = load(module, path);
  if (!loaded) return loaded;
  if (void* found = dlsym(*loaded, function)) return found;
  return failed(module, dlerror());
}

}  // namespace mullion::backend
