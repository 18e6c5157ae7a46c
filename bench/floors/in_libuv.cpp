#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "floors/floors.hpp"
#include "floors/lines.hpp"
#include "floors/uv_end.hpp"

namespace mullion::bench::floors {
namespace {

UniqueFd make_event() { return UniqueFd(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)); }

void clear(int event) {
  eventfd_t count = 0;
  eventfd_read(event, &count);
}

bool send_ball(int socket, const Ball& ball) {
  return send(socket, &ball, sizeof ball, MSG_DONTWAIT | MSG_NOSIGNAL) == sizeof ball;
}

bool receive_ball(int socket, Ball& ball) { return recv(socket, &ball, sizeof ball, MSG_DONTWAIT) == sizeof ball; }

}  // namespace

Result<> drive_event(Session& session) {
  auto memory = Memory::create(sizeof(Lines));
  if (!memory) return std::unexpected(memory.error());
  UniqueFd sent = make_event(), returned = make_event();
  const int fds[] = {memory->fd(), sent.get(), returned.get()};
  auto peer = start_peer(session.row().name, fds);
  if (!peer) return std::unexpected(peer.error());
  auto& lines = memory->as<Lines>();
  UvEnd end(returned.get());
  std::uint64_t turn = 1;
  auto play = [&] {
    lines.out.put(serve(turn));
    eventfd_write(sent.get(), 1);
  };
  session.start();
  play();
  return end.run([&] {
    clear(returned.get());
    if (!is_ball(lines.back.get(lines.back.first), turn++, 1))
      return end.stop(std::unexpected(wrong_bytes("the driver")));
    session.lap() ? play() : end.stop();
  });
}

Result<> answer_event(const Peer& peer) {
  auto memory = Memory::open(peer.fd(0), sizeof(Lines));
  if (!memory) return std::unexpected(memory.error());
  const auto sent = peer.fd(1), returned = peer.fd(2);
  auto& lines = memory->as<Lines>();
  UvEnd end(sent.get());
  return end.run([&] {
    clear(sent.get());
    Ball ball = lines.out.get(lines.out.first);
    strike(ball);
    lines.back.put(ball);
    eventfd_write(returned.get(), 1);
  });
}

Result<> drive_packet(Session& session) {
  int sockets[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) < 0)
    return std::unexpected(errno_error("socketpair"));
  const UniqueFd ours(sockets[0]), theirs(sockets[1]);
  const int fds[] = {theirs.get()};
  auto peer = start_peer(session.row().name, fds);
  if (!peer) return std::unexpected(peer.error());
  UvEnd end(ours.get());
  std::uint64_t turn = 1;
  session.start();
  send_ball(ours.get(), serve(turn));
  return end.run([&] {
    Ball ball;
    if (!receive_ball(ours.get(), ball) || !is_ball(ball, turn++, 1))
      return end.stop(std::unexpected(wrong_bytes("the driver")));
    session.lap() ? void(send_ball(ours.get(), serve(turn))) : end.stop();
  });
}

Result<> answer_packet(const Peer& peer) {
  const auto socket = peer.fd(0);
  UvEnd end(socket.get());
  return end.run([&] {
    Ball ball;
    if (!receive_ball(socket.get(), ball)) return end.stop();
    strike(ball);
    send_ball(socket.get(), ball);
  });
}

}  // namespace mullion::bench::floors
