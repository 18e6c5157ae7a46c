#include "headless/load/resource.hpp"

#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <utility>

#include "headless/url/percent.hpp"
#include "mullion/base/unique_fd.hpp"

namespace mullion::headless {
namespace {

using Outcome = std::expected<Resource, NetError>;

NetError error_of(int error) {
  if (error == ENOENT || error == ENOTDIR) return err_file_not_found;
  if (error == EACCES || error == EPERM || error == ELOOP) return err_access_denied;
  if (error == ENAMETOOLONG) return err_file_path_too_long;
  return err_failed;
}

std::expected<std::string, NetError> real_path(const std::string& path) {
  char buffer[PATH_MAX];
  if (!::realpath(path.c_str(), buffer)) return std::unexpected(error_of(errno));
  return std::string(buffer);
}

std::string folder_of(const std::string& path) { return path.substr(0, path.rfind('/') + 1); }

// Symbolic links inside the folder may point out of it, so both paths are compared after following them.
std::expected<std::string, NetError> allowed_path(const Url& url, const Url* reader) {
  auto path = path_of(url);
  if (!path) return std::unexpected(err_invalid_url);
  auto real = real_path(*path);
  if (!real || !reader) return real;
  auto folder = real_path(folder_of(path_of(*reader).value_or("")));
  if (!folder) return std::unexpected(err_access_denied);
  if (!folder->ends_with('/')) *folder += '/';
  if (!real->starts_with(*folder)) return std::unexpected(err_access_denied);
  return real;
}

Outcome read_all(int fd, std::size_t expected) {
  Resource out;
  out.bytes.resize(expected);
  std::size_t have = 0;
  while (have < out.bytes.size()) {
    auto got = ::read(fd, out.bytes.data() + have, out.bytes.size() - have);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return std::unexpected(error_of(errno));
    if (got == 0) break;
    have += static_cast<std::size_t>(got);
  }
  out.bytes.resize(have);
  return out;
}

Outcome read_file(const Url& url, const Url* reader) {
  auto path = allowed_path(url, reader);
  if (!path) return std::unexpected(path.error());
  // O_NONBLOCK: opening a fifo must not wait for its writer.
  UniqueFd fd(::open(path->c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW | O_NOCTTY));
  if (!fd) return std::unexpected(error_of(errno));
  struct stat status{};
  if (::fstat(fd.get(), &status) != 0) return std::unexpected(error_of(errno));
  if (!S_ISREG(status.st_mode)) return std::unexpected(err_access_denied);
  auto size = static_cast<std::size_t>(status.st_size);
  if (size > Resources::max_bytes) return std::unexpected(err_file_too_big);
  auto out = read_all(fd.get(), size);
  if (out) out->mime = mime_of(*path);
  return out;
}

bool is_network(std::string_view scheme) {
  return scheme == "http" || scheme == "https" || scheme == "ws" || scheme == "wss" || scheme == "ftp";
}

}  // namespace

std::optional<NetError> refusal(const Url& url, const Url* reader) {
  const std::string& scheme = url.scheme();
  if (is_network(scheme)) return err_disallowed_url_scheme;
  if (scheme == "data") return {};
  if (scheme == "about") return url.pathname() == "blank" ? std::nullopt : std::optional(err_invalid_url);
  if (scheme != "file" && scheme != "app") return err_unknown_url_scheme;
  if (!reader) return {};
  bool same_kind = scheme == reader->scheme() && (scheme == "file" || url.host() == reader->host());
  return same_kind ? std::nullopt : std::optional(err_access_denied);
}

std::optional<std::string> path_of(const Url& url) {
  if (url.scheme() != "file" || !url.hostname().empty()) return {};
  std::string path = percent_decode(url.pathname());
  if (path.find('\0') != std::string::npos) return {};
  return path;
}

void Resources::read(const Url& url, const Url* reader, ResourceAnswer answer) {
  if (auto refused = refusal(url, reader)) {
    later(std::move(answer), [why = *refused]() -> Outcome { return std::unexpected(why); });
  } else if (url.scheme() == "file") {
    later(std::move(answer),
          [url, by = reader ? std::optional(*reader) : std::nullopt] { return read_file(url, by ? &*by : nullptr); });
  } else if (url.scheme() == "data") {
    later(std::move(answer), [url] { return parse_data_url(url); });
  } else if (url.scheme() == "about") {
    later(std::move(answer), []() -> Outcome { return Resource{.mime = "text/html"}; });
  } else {
    app_(url, [this, alive = std::weak_ptr(alive_), answer = std::move(answer)](Outcome outcome) mutable {
      if (alive.expired()) return;
      later(std::move(answer), [outcome = std::move(outcome)]() mutable { return std::move(outcome); });
    });
  }
}

void Resources::later(ResourceAnswer answer, std::move_only_function<Outcome()> work) {
  auto task = [alive = std::weak_ptr(alive_), answer = std::move(answer), work = std::move(work)]() mutable {
    if (!alive.expired()) answer(work());
  };
  (void)loop_.post(std::move(task));
}

}  // namespace mullion::headless
