#include "harness/ball.hpp"
#include "harness/load.hpp"
#include "ours/couple.hpp"
#include "ours/ours.hpp"

namespace mullion::bench::ports {

Result<> play_balls(Session& session, MainEnd& end) {
  std::uint64_t turn = 1;
  auto play = [&] {
    if (auto posted = end.port().post_bytes(bytes_of(serve(turn))); !posted) end.end(posted);
  };
  end.port().on_bytes([&](std::span<const std::byte> bytes) {
    Ball ball;
    if (!read_ball(bytes, ball) || !is_ball(ball, turn++, 1)) return end.end(std::unexpected(wrong_bytes("main")));
    session.lap() ? play() : end.end();
  });
  session.start();
  play();
  return end.run();
}

namespace {

Result<> return_balls(ChildEnd& end) {
  end.port().on_bytes([&](std::span<const std::byte> bytes) {
    Ball ball;
    if (!read_ball(bytes, ball)) return end.fail(wrong_bytes("the child"));
    strike(ball);
    if (auto posted = end.port().post_bytes(bytes_of(ball)); !posted) end.fail(posted.error());
  });
  return end.run();
}

Result<> drive_balls(Session& session, Trust trust) {
  auto end = MainEnd::create(session.row(), trust);
  return end ? play_balls(session, **end) : std::unexpected(end.error());
}

Result<> answer_balls(const Peer& peer, Trust trust) {
  auto end = ChildEnd::create(peer, trust);
  return end ? return_balls(**end) : std::unexpected(end.error());
}

}  // namespace

Result<> drive_trusted(Session& session) { return drive_balls(session, Trust::yes); }
Result<> answer_trusted(const Peer& peer) { return answer_balls(peer, Trust::yes); }
Result<> drive_untrusted(Session& session) { return drive_balls(session, Trust::no); }
Result<> answer_untrusted(const Peer& peer) { return answer_balls(peer, Trust::no); }

Result<> drive_loads(Session& session) {
  auto made = MainEnd::create(session.row(), Trust::no);
  if (!made) return std::unexpected(made.error());
  auto& end = **made;
  Load load;
  std::uint64_t turn = 1;
  auto play = [&] {
    const auto bytes = load.fill(turn++);
    session.start();
    if (auto posted = end.port().post_bytes(bytes); !posted) end.end(posted);
  };
  end.port().on_bytes([&](std::span<const std::byte> bytes) {
    const bool more = session.stop();
    if (!load.same(bytes)) return end.end(std::unexpected(wrong_bytes("main")));
    more ? play() : end.end();
  });
  play();
  return end.run();
}

Result<> answer_loads(const Peer& peer) {
  auto made = ChildEnd::create(peer, Trust::no);
  if (!made) return std::unexpected(made.error());
  auto& end = **made;
  end.port().on_bytes([&](std::span<const std::byte> bytes) {
    if (auto posted = end.port().post_bytes(bytes); !posted) end.fail(posted.error());
  });
  return end.run();
}

}  // namespace mullion::bench::ports
