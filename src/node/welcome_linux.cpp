#include "node/welcome.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "node_generated.h"

#ifndef SO_PEERPIDFD
#define SO_PEERPIDFD 77
#endif

namespace mullion::node {

namespace wire = mullion::protocol::node;

namespace {

constexpr std::size_t longest_welcome = 256;

Error error(Kind kind, const char* code, const char* message) {
  return {.kind = kind, .code = code, .message = message};
}

Error gone() { return error(Kind::disconnected, "destroyed", "The process has ended."); }

Result<pid_t> peers_pid(int socket) {
  ucred peer{};
  socklen_t size = sizeof peer;
  if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) {
    return std::unexpected(errno_error("Cannot see whose a socket is"));
  }
  if (peer.pid == getpid()) {
    return std::unexpected(
        error(Kind::denied, "own-socket", "A socket that main made cannot speak for another process."));
  }
  if (peer.pid > 0) return peer.pid;
  return std::unexpected(error(Kind::denied, "unseen", "The process that made a socket cannot be seen from here."));
}

// Linux 6.5 names the process by the socket; before, a number that was used anew since would name another one.
Result<UniqueFd> peers_pidfd(int socket, pid_t pid) {
  int pidfd = -1;
  socklen_t size = sizeof pidfd;
  if (getsockopt(socket, SOL_SOCKET, SO_PEERPIDFD, &pidfd, &size) == 0) return UniqueFd(pidfd);
  if (errno == ENOPROTOOPT) pidfd = static_cast<int>(syscall(SYS_pidfd_open, pid, 0));
  if (pidfd >= 0) return UniqueFd(pidfd);
  return std::unexpected(errno == ESRCH || errno == EINVAL ? gone() : errno_error("Cannot hold a socket's process"));
}

}  // namespace

Result<Spawned> maker_of(int socket) {
  auto pid = peers_pid(socket);
  if (!pid) return std::unexpected(pid.error());
  auto pidfd = peers_pidfd(socket, *pid);
  if (!pidfd) return std::unexpected(pidfd.error());
  Spawned process;
  process.pid = *pid;
  process.pidfd = std::move(*pidfd);
  return process;
}

Result<> send_welcome(int socket, NodeId id, std::uint32_t ends) {
  flatbuffers::FlatBufferBuilder builder;
  builder.Finish(wire::CreateWelcome(builder, id, ends));
  if (send(socket, builder.GetBufferPointer(), builder.GetSize(), MSG_DONTWAIT | MSG_NOSIGNAL) >= 0) return {};
  return std::unexpected(errno == EPIPE || errno == ECONNRESET ? gone() : errno_error("Cannot welcome a process"));
}

Result<Inherited> await_welcome(int socket, int timeout_ms) {
  pollfd ready{.fd = socket, .events = POLLIN, .revents = 0};
  poll(&ready, 1, timeout_ms);
  std::uint8_t bytes[longest_welcome];
  const ssize_t size = recv(socket, bytes, sizeof bytes, MSG_DONTWAIT);
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) {
    return std::unexpected(error(Kind::failed, "timeout", "Main has not answered yet."));
  }
  if (size <= 0) return std::unexpected(error(Kind::disconnected, "closed", "Main has hung up."));
  flatbuffers::Verifier verifier(bytes, static_cast<std::size_t>(size));
  if (!verifier.VerifyBuffer<wire::Welcome>(nullptr)) {
    return std::unexpected(error(Kind::disconnected, "protocol", "What came first over a socket is no welcome."));
  }
  const auto* welcome = flatbuffers::GetRoot<wire::Welcome>(bytes);
  return Inherited{.link = socket, .id = welcome->node(), .ends = welcome->ends()};
}

}  // namespace mullion::node
