#include "cef/browser/private_folder.hpp"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
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

bool make(std::string& path) {
  path += "/mullion-cef-XXXXXX";
  return mkdtemp(path.data()) != nullptr;
}

}  // namespace

Result<std::unique_ptr<PrivateFolder>> PrivateFolder::create() {
  std::string path = base_folder();
  if (!make(path) && !make(path = "/tmp"))
    return std::unexpected(Error{.kind = Kind::failed,
                                 .code = "folder",
                                 .message = "no private folder can be made in /tmp: " + std::string(strerror(errno))});
  return std::unique_ptr<PrivateFolder>(new PrivateFolder(std::move(path)));
}

// A process of Chromium's that is about to end may still write.
PrivateFolder::~PrivateFolder() {
  std::error_code error;
  for (int attempt = 0; attempt < 3; ++attempt)
    if (std::filesystem::remove_all(path_, error); !error) return;
}

}  // namespace mullion::cef
