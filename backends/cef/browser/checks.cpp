#include "cef/browser/checks.hpp"

#include <dlfcn.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <climits>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <initializer_list>
#include <string_view>

#include "include/capi/cef_app_capi.h"
#include "mullion/base/unique_fd.hpp"

namespace mullion::cef {

namespace {

std::string engine_folder() {
  Dl_info info{};
  if (!dladdr(reinterpret_cast<void*>(&cef_execute_process), &info)) return {};
  std::string_view whole(info.dli_fname);
  std::filesystem::path folder(whole.substr(0, whole.rfind('/')));
  std::error_code error;
  auto straight = std::filesystem::canonical(folder, error);  // Chromium opens nothing by way of ".."
  return error ? folder.string() : straight.string();
}

Result<> need(const std::string& folder, std::initializer_list<const char*> files) {
  for (const char* file : files) {
    auto path = folder + "/" + file;
    if (access(path.c_str(), R_OK) == 0) continue;
    return std::unexpected(Error{.kind = Kind::failed,
                                 .code = "resources",
                                 .message = "Chromium needs " + path +
                                            ", which cannot be read: copy it there from the"
                                            " CEF distribution that libcef.so is of, or name its folder in"
                                            " cef::Options"});
  }
  return {};
}

Error no_display(const std::string& why) {
  return {.kind = Kind::failed,
          .code = "display",
          .message = why + ": a window needs an X server (set DISPLAY, or run the program under xvfb-run)"};
}

bool connects(const std::string& path, bool abstract) {
  sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
  path.copy(address.sun_path + abstract, sizeof address.sun_path - 2);
  auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + abstract + path.size());
  UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  return connect(socket.get(), reinterpret_cast<sockaddr*>(&address), size) == 0;
}

bool names_platform(const Options& options) {
  for (const auto& [name, value] : options.switches)
    if (name == "ozone-platform" || name == "display") return true;
  return false;
}

Error no_sandbox(const std::string& why) { return {.kind = Kind::denied, .code = "sandbox", .message = why}; }

// Chromium makes a child in a user namespace of its own.
bool has_user_namespaces() {
  auto pid = syscall(SYS_clone, CLONE_NEWUSER, nullptr, nullptr, nullptr, nullptr);
  if (pid == 0) _exit(0);
  if (pid < 0) return false;
  int status = 0;
  return waitpid(static_cast<pid_t>(pid), &status, __WALL) == pid;
}

bool is_setuid_root(const std::string& path) {
  struct stat file{};
  return stat(path.c_str(), &file) == 0 && file.st_uid == 0 && (file.st_mode & S_ISUID);
}

}  // namespace

Result<Places> find_places(const Options& options) {
  Places places;
  places.engine = engine_folder();
  places.resources = options.resources.empty() ? places.engine : options.resources;
  places.locales = options.locales.empty() ? places.resources + "/locales" : options.locales;
  auto there = need(places.engine, {"icudtl.dat", "v8_context_snapshot.bin"});
  if (there) there = need(places.resources, {"resources.pak", "chrome_100_percent.pak", "chrome_200_percent.pak"});
  if (there) there = need(places.locales, {"en-US.pak"});
  if (!there) return std::unexpected(std::move(there).error());
  return places;
}

Result<> check_display(const Options& options) {
  const char* display = std::getenv("DISPLAY");
  if (names_platform(options)) return {};
  if (!display || !*display) return std::unexpected(no_display("there is no display: DISPLAY is not set"));
  std::string_view name(display);
  if (!name.starts_with(':')) return {};
  auto path = "/tmp/.X11-unix/X" + std::string(name.substr(1, name.find('.') - 1));
  if (connects(path, false) || connects(path, true)) return {};
  return std::unexpected(no_display("no X server answers as DISPLAY=" + std::string(name)));
}

bool has_sandbox_program() {
  const char* named = std::getenv("CHROME_DEVEL_SANDBOX");
  return is_setuid_root(named ? named : engine_folder() + "/chrome-sandbox");
}

Result<> check_sandbox(const Options& options) {
  if (!options.sandbox) return {};
  if (geteuid() == 0)
    return std::unexpected(
        no_sandbox("Chromium's sandbox cannot be had as root: run the program as an ordinary user, or say so with"
                   " cef::Options{.sandbox = false}"));
  if (has_sandbox_program() || has_user_namespaces()) return {};
  return std::unexpected(
      no_sandbox("this machine lets an ordinary user make no user namespaces, which Chromium's sandbox is made of:"
                 " allow them (sysctl kernel.unprivileged_userns_clone=1, or"
                 " kernel.apparmor_restrict_unprivileged_userns=0), or put CEF's chrome-sandbox beside libcef.so,"
                 " owned by root, mode 4755"));
}

bool wants_gpu(Gpu gpu) { return gpu == Gpu::on || (gpu == Gpu::automatic && access("/dev/dri", X_OK) == 0); }

}  // namespace mullion::cef
