#include "floors/floors.hpp"
#include "floors/lines.hpp"

namespace mullion::bench::floors {

Result<> drive_line(Session& session) {
  auto memory = Memory::create(sizeof(Lines));
  if (!memory) return std::unexpected(memory.error());
  const int fds[] = {memory->fd()};
  auto peer = start_peer(session.row().name, fds);
  if (!peer) return std::unexpected(peer.error());
  auto& lines = memory->as<Lines>();
  std::uint64_t turn = 1, last = 0;
  session.start();
  do {
    lines.out.put(serve(turn));
    last = spin_for_change(lines.back.first, last);
    if (!is_ball(lines.back.get(last), turn++, 1)) return std::unexpected(wrong_bytes("the driver"));
  } while (session.lap());
  return {};
}

Result<> answer_line(const Peer& peer) {
  auto memory = Memory::open(peer.fd(0), sizeof(Lines));
  if (!memory) return std::unexpected(memory.error());
  auto& lines = memory->as<Lines>();
  for (std::uint64_t last = 0;;) {
    last = spin_for_change(lines.out.first, last);
    Ball ball = lines.out.get(last);
    strike(ball);
    lines.back.put(ball);
  }
}

Result<> drive_futex(Session& session) {
  auto memory = Memory::create(sizeof(Lines));
  if (!memory) return std::unexpected(memory.error());
  const int fds[] = {memory->fd()};
  auto peer = start_peer(session.row().name, fds);
  if (!peer) return std::unexpected(peer.error());
  auto& lines = memory->as<Lines>();
  std::uint32_t turn = 1;
  session.start();
  do {
    lines.out.put(serve(turn));
    lines.sent.raise_and_wake();
    lines.returned.sleep_until(turn);
    if (!is_ball(lines.back.get(lines.back.first), turn++, 1)) return std::unexpected(wrong_bytes("the driver"));
  } while (session.lap());
  return {};
}

Result<> answer_futex(const Peer& peer) {
  auto memory = Memory::open(peer.fd(0), sizeof(Lines));
  if (!memory) return std::unexpected(memory.error());
  auto& lines = memory->as<Lines>();
  for (std::uint32_t turn = 1;; ++turn) {
    lines.sent.sleep_until(turn);
    Ball ball = lines.out.get(lines.out.first);
    strike(ball);
    lines.back.put(ball);
    lines.returned.raise_and_wake();
  }
}

}  // namespace mullion::bench::floors
