#include "cef/browser/hello_server.hpp"

#include <sys/socket.h>

#include "cef/browser/local_socket.hpp"
#include "cef/browser/process_end.hpp"
#include "mullion/base/log.hpp"

namespace mullion::cef {

namespace {

constexpr std::size_t most_peers = 64;

bool is_seqpacket(int socket) {
  int type = 0;
  socklen_t size = sizeof type;
  return getsockopt(socket, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_SEQPACKET;
}

}  // namespace

Result<std::unique_ptr<HelloServer>> HelloServer::create(Loop& loop, const std::string& folder, Adopt adopt) {
  auto path = folder + "/hello";
  auto listener = listen_at(path);
  if (!listener) return std::unexpected(std::move(listener).error());
  std::unique_ptr<HelloServer> server(new HelloServer(loop, std::move(path), std::move(*listener), std::move(adopt)));
  auto watch =
      FdWatch::start(loop, server->listener_.get(), FdWatch::readable, [self = server.get()](int) { self->accept(); });
  if (!watch) return std::unexpected(std::move(watch).error());
  server->watch_ = std::move(*watch);
  return server;
}

HelloServer::HelloServer(Loop& loop, std::string path, UniqueFd listener, Adopt adopt)
    : loop_(loop), path_(std::move(path)), listener_(std::move(listener)), adopt_(std::move(adopt)) {}

void HelloServer::accept() {
  auto peer = accept_from(listener_.get());
  if (!peer || !maker_of(peer.get()) || peers_.size() >= most_peers) return;
  int socket = peer.get();
  auto watch = FdWatch::start(loop_, socket, FdWatch::readable, [this, socket](int) { read(socket); });
  if (watch) peers_.emplace(socket, Peer{std::move(peer), std::move(*watch)});
}

// Its renderers' hellos may come after a zygote's end, over what they inherited: a socket is read to its own end.
void HelloServer::read(int socket) {
  bool nobody_left = false;
  auto hello = receive_hello(socket, nobody_left);
  if (nobody_left) peers_.erase(socket);
  if (hello) take(std::move(*hello));
}

void HelloServer::take(Hello hello) {
  int pid = maker_of(hello.link.get());
  if (!pid || !is_seqpacket(hello.link.get()) || !remember(pid, hello.child))
    return log(Level::warning, "a renderer's hello cannot be true");
  if (auto adopted = adopt_(std::move(hello.link)); !adopted)
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
