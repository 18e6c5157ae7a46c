#include "cef/browser/private_folder.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string_view>
#include <system_error>

namespace mullion::cef {

namespace {

// The path of a socket in it must fit an address of 108 bytes.
constexpr std::size_t longest_base = 60;

std::string base_folder() {
  const char* folder = std::getenv("TMPDIR");
  std::error_code error;
  bool fits = folder && *folder == '/' && std::strlen(folder) <= longest_base;
  return fits && std::filesystem::is_directory(folder, error) ? folder : "/tmp";
}

constexpr std::string_view name = "mullion-cef-";

// Nobody else holds it, and it is still there under its name.
UniqueFd lock(const std::string& path) {
  UniqueFd folder(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW));
  struct stat opened{}, named{};
  bool ours = folder && fstat(folder.get(), &opened) == 0 && opened.st_uid == geteuid();
  if (!ours || flock(folder.get(), LOCK_EX | LOCK_NB) != 0) return {};
  bool there = stat(path.c_str(), &named) == 0 && named.st_ino == opened.st_ino;
  return there ? std::move(folder) : UniqueFd();
}

void remove_abandoned(const std::string& base) {
  std::error_code error;
  for (std::filesystem::directory_iterator each(base, error), end; !error && each != end; each.increment(error)) {
    const auto& path = each->path();
    std::error_code ignored;
    if (!path.filename().string().starts_with(name)) continue;
    if (auto abandoned = lock(path.string())) std::filesystem::remove_all(path, ignored);
  }
}

// Whoever clears up may take a folder for abandoned between these two calls: then another one is made.
UniqueFd make(const std::string& base, std::string& path) {
  for (int attempt = 0; attempt < 3; ++attempt) {
    path = base + "/" + std::string(name) + "XXXXXX";
    if (!mkdtemp(path.data())) return {};
    if (auto locked = lock(path)) return locked;
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<PrivateFolder>> PrivateFolder::create() {
  std::string path;
  auto base = base_folder();
  remove_abandoned(base);
  auto locked = make(base, path);
  if (!locked) locked = make("/tmp", path);
  if (!locked)
    return std::unexpected(Error{.kind = Kind::failed,
                                 .code = "folder",
                                 .message = "no private folder can be made in /tmp: " + std::string(strerror(errno))});
  return std::unique_ptr<PrivateFolder>(new PrivateFolder(std::move(path), std::move(locked)));
}

// A process of Chromium's that is about to end may still write: at most a second is given to it. What it writes later
// the next start clears away.
PrivateFolder::~PrivateFolder() {
  for (int attempt = 0; attempt < 100; ++attempt) {
    std::error_code error, ignored;
    std::filesystem::remove_all(path_, error);
    if (!error && !std::filesystem::exists(path_, ignored)) return;
    usleep(10'000);
  }
}

}  // namespace mullion::cef
