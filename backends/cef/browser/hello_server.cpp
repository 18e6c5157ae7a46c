#include "cef/browser/hello_server.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "mullion/base/log.hpp"

namespace mullion::cef {

namespace {

constexpr std::size_t most_peers = 64;

Error socket_error(const char* what) {
  return {.kind = Kind::failed, .code = "socket", .message = std::string(what) + ": " + strerror(errno)};
}

// 0 when it is no socket of this user's.
int maker_of(int socket) {
  ucred maker{};
  socklen_t size = sizeof maker;
  bool known = getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &maker, &size) == 0;
  return known && maker.uid == geteuid() && maker.pid > 0 ? maker.pid : 0;
}

bool is_seqpacket(int socket) {
  int type = 0;
  socklen_t size = sizeof type;
  return getsockopt(socket, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_SEQPACKET;
}

UniqueFd open_process(int pid) { return UniqueFd(static_cast<int>(syscall(SYS_pidfd_open, pid, 0))); }

bool has_ended(const UniqueFd& process) {
  pollfd end{.fd = process.get(), .events = POLLIN, .revents = 0};
  return !process || poll(&end, 1, 0) == 1;
}

}  // namespace

Result<std::unique_ptr<HelloServer>> HelloServer::create(Loop& loop, const std::string& folder, Handlers handlers) {
  UniqueFd listener(socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!listener) return std::unexpected(socket_error("no socket can be had"));
  std::unique_ptr<HelloServer> server(
      new HelloServer(loop, folder + "/hello", std::move(listener), std::move(handlers)));
  if (auto listening = server->listen(); !listening) return std::unexpected(std::move(listening).error());
  return server;
}

HelloServer::HelloServer(Loop& loop, std::string path, UniqueFd listener, Handlers handlers)
    : loop_(loop), path_(std::move(path)), listener_(std::move(listener)), handlers_(std::move(handlers)) {}

Result<> HelloServer::listen() {
  sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
  if (path_.size() >= sizeof address.sun_path) {
    errno = ENAMETOOLONG;
    return std::unexpected(socket_error(path_.c_str()));
  }
  path_.copy(address.sun_path, sizeof address.sun_path - 1);
  if (bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
      chmod(path_.c_str(), 0600) != 0 || ::listen(listener_.get(), 16) != 0)
    return std::unexpected(socket_error(path_.c_str()));
  auto watch = FdWatch::start(loop_, listener_.get(), FdWatch::readable, [this](int) { accept(); });
  if (!watch) return std::unexpected(std::move(watch).error());
  watch_ = std::move(*watch);
  return {};
}

void HelloServer::accept() {
  UniqueFd peer(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  int pid = peer ? maker_of(peer.get()) : 0;
  if (!pid || peers_.size() >= most_peers) return;
  int socket = peer.get();
  auto process = open_process(pid);
  auto watch = FdWatch::start(loop_, socket, FdWatch::readable, [this, socket](int) { read(socket); });
  auto end = FdWatch::start(loop_, process.get(), FdWatch::readable, [this, socket](int) { ended(socket); });
  if (watch && end)
    peers_.emplace(socket, Peer{std::move(peer), std::move(process), std::move(*watch), std::move(*end)});
}

// Its renderers' hellos may come still, over what they inherited: the socket is read to its own end.
void HelloServer::ended(int socket) {
  peers_.at(socket).end = FdWatch();
  handlers_.zygote_gone();
}

void HelloServer::read(int socket) {
  bool nobody_left = false;
  auto hello = receive_hello(socket, nobody_left);
  auto& peer = peers_.at(socket);
  if (nobody_left) peer.watch = FdWatch();
  if (hello && maker_of(hello->link.get()) == maker_of(socket)) peer.end = FdWatch();  // no zygote: a renderer itself
  if (hello) take(std::move(*hello));
}

void HelloServer::take(Hello hello) {
  int pid = maker_of(hello.link.get());
  if (!pid || !is_seqpacket(hello.link.get()) || !remember(pid, hello.child))
    return log(Level::warning, "a renderer's hello cannot be true");
  if (auto adopted = handlers_.adopt(std::move(hello.link)); !adopted)
    log(Level::error, "a renderer cannot be taken in: " + adopted.error().message);
}

// A process is one child all its life, and a child is one process.
bool HelloServer::remember(int pid, int child) {
  std::erase_if(known_, [](const auto& each) { return has_ended(each.second.process); });
  for (const auto& [other, known] : known_)
    if (other == pid || known.child == child) return false;
  auto process = open_process(pid);
  return process && known_.emplace(pid, Known{child, std::move(process)}).second;
}

int HelloServer::child_of(int pid) const {
  auto found = known_.find(pid);
  return found == known_.end() || has_ended(found->second.process) ? 0 : found->second.child;
}

}  // namespace mullion::cef
