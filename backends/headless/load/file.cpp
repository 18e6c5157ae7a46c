#include "headless/load/file.hpp"

#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>

#include "mullion/base/unique_fd.hpp"

namespace mullion::headless {
namespace {

NetError error_of(int error) {
  if (error == ENOENT || error == ENOTDIR) return err_file_not_found;
  if (error == EACCES || error == EPERM || error == ELOOP) return err_access_denied;
  if (error == ENAMETOOLONG) return err_file_path_too_long;
  return err_failed;
}

std::string folder_of(const std::string& path) { return path.substr(0, path.rfind('/') + 1); }

std::expected<std::vector<std::byte>, NetError> read_bytes(int fd, std::uint64_t from, std::size_t count) {
  std::vector<std::byte> bytes(count);
  std::size_t have = 0;
  while (have < count) {
    auto got = ::pread(fd, bytes.data() + have, count - have, static_cast<off_t>(from + have));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return std::unexpected(error_of(errno));
    if (got == 0) break;
    have += static_cast<std::size_t>(got);
  }
  bytes.resize(have);
  return bytes;
}

}  // namespace

std::expected<std::string, NetError> real_path(const std::string& path) {
  char buffer[PATH_MAX];
  if (!::realpath(path.c_str(), buffer)) return std::unexpected(error_of(errno));
  return std::string(buffer);
}

std::expected<std::string, NetError> path_below(const std::string& path, const std::string& reader) {
  auto real = real_path(path);
  if (!real) return real;
  auto folder = real_path(folder_of(reader));
  if (!folder) return std::unexpected(err_access_denied);
  if (!folder->ends_with('/')) *folder += '/';
  if (!real->starts_with(*folder)) return std::unexpected(err_access_denied);
  return real;
}

std::expected<FilePart, NetError> read_part(const std::string& path, std::uint64_t from, std::size_t most) {
  // O_NONBLOCK: opening a fifo must not wait for its writer.
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW | O_NOCTTY));
  if (!fd) return std::unexpected(error_of(errno));
  struct stat status{};
  if (::fstat(fd.get(), &status) != 0) return std::unexpected(error_of(errno));
  if (!S_ISREG(status.st_mode)) return std::unexpected(err_access_denied);
  const auto size = static_cast<std::uint64_t>(status.st_size);
  if (size > max_file_bytes) return std::unexpected(err_file_too_big);
  const auto left = static_cast<std::size_t>(size - std::min(size, from));
  auto bytes = read_bytes(fd.get(), from, std::min(left, most));
  if (!bytes) return std::unexpected(bytes.error());
  return FilePart{.bytes = std::move(*bytes), .size = size};
}

}  // namespace mullion::headless
