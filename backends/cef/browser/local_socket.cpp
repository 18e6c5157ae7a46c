#include "cef/browser/local_socket.hpp"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace mullion::cef {

namespace {

constexpr int most_waiting = 64;

std::unexpected<Error> failure(const std::string& path) {
  return std::unexpected(Error{.kind = Kind::failed, .code = "socket", .message = path + ": " + strerror(errno)});
}

}  // namespace

Result<UniqueFd> listen_at(const std::string& path) {
  UniqueFd listener(socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
  if (path.size() >= sizeof address.sun_path) {
    errno = ENAMETOOLONG;
    return failure(path);
  }
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  bool listens = bind(listener.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 &&
                 chmod(path.c_str(), 0600) == 0 && listen(listener.get(), most_waiting) == 0;
  if (!listens) return failure(path);
  return listener;
}

UniqueFd accept_from(int listener) {
  return UniqueFd(accept4(listener, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
}

int maker_of(int socket) {
  ucred maker{};
  socklen_t size = sizeof maker;
  bool known = getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &maker, &size) == 0;
  return known && maker.uid == geteuid() && maker.pid > 0 ? maker.pid : 0;
}

}  // namespace mullion::cef
