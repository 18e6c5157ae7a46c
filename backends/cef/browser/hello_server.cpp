#include "cef/browser/hello_server.hpp"

#include <sys/socket.h>

#include "cef/browser/local_socket.hpp"
#include "cef/browser/process_end.hpp"
#include "mullion/base/log.hpp"
#include "transport/discard.hpp"

namespace mullion::cef {

const char* const HelloServer::is_cut_off_text =
    "no renderer can join main any more: one of them shut the socket that it shared with those to come, as only a page"
    " that took its process over does; only starting the program again helps";

namespace {

constexpr std::size_t most_peers = 64;
constexpr int most_a_turn = 64;
constexpr int most_told = 10;
constexpr std::uint64_t end_patience_ms = 300;

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
  int pid = peer ? maker_of(peer.get()) : 0;
  if (!pid || peers_.size() >= most_peers) return;
  int socket = peer.get();
  auto watch = FdWatch::start(loop_, socket, FdWatch::readable, [this, socket](int) { read(socket); });
  if (watch) peers_.emplace(socket, Peer{std::move(peer), open_process(pid), false, std::move(*watch), {}});
}

// A renderer's flood stands before what others say, so many are read at a time. What came with what is no hello may be
// anything, and is closed elsewhere.
void HelloServer::read(int socket) {
  std::vector<UniqueFd> strays;
  Heard heard{.again = true};
  for (int i = 0; i < most_a_turn && heard.again; ++i) {
    heard = receive_hello(socket);
    if (heard.hello && maker_of(heard.hello->link.get()) == maker_of(socket)) peers_.at(socket).is_renderer = true;
    if (heard.hello && !take(*heard.hello)) heard.stray = std::move(heard.hello->link);
    if (heard.again && (!heard.hello || heard.stray)) refused();
    if (heard.stray) strays.push_back(std::move(heard.stray));
  }
  if (!strays.empty()) transport::discard(std::move(strays));
  if (heard.ended) peer_ended(socket);
}

// Its renderers' hellos may come after a zygote's end, over what they inherited: a socket is read to its own end. Where
// the zygote is still there then, one of its renderers has shut the socket.
void HelloServer::peer_ended(int socket) {
  auto& peer = peers_.at(socket);
  peer.watch = FdWatch();
  if (peer.is_renderer) return void(peers_.erase(socket));
  peer.patience = Timer(loop_, end_patience_ms, [this, socket] {
    cut_off_ = cut_off_ || !has_ended(peers_.at(socket).process);
    if (cut_off_) log(Level::error, is_cut_off_text);
    peers_.erase(socket);
  });
}

// False: it cannot be true, and keeps its link.
bool HelloServer::take(Hello& hello) {
  int pid = maker_of(hello.link.get());
  if (!pid || !is_seqpacket(hello.link.get()) || !is_new(pid, hello.child)) return false;
  auto process = open_process(pid);
  auto adopted = adopt_(std::move(hello.link));
  if (adopted)
    known_.emplace(pid, Known{hello.child, std::move(process)});
  else
    log(Level::error, "a renderer cannot be taken in: " + adopted.error().message);
  return true;
}

void HelloServer::refused() {
  if (++refused_ > most_told) return;
  log(Level::warning, "a renderer's hello cannot be true");
  if (refused_ == most_told) log(Level::warning, "more such hellos are not told");
}

// A process is one child all its life, and a child is one process.
bool HelloServer::is_new(int pid, int child) {
  std::erase_if(known_, [](const auto& each) { return has_ended(each.second.process); });
  for (const auto& [other, known] : known_)
    if (other == pid || known.child == child) return false;
  return true;
}

int HelloServer::child_of(int pid) const {
  auto found = known_.find(pid);
  return found == known_.end() || has_ended(found->second.process) ? 0 : found->second.child;
}

}  // namespace mullion::cef
