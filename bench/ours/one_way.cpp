#include "harness/ball.hpp"
#include "mullion/transport/link.hpp"
#include "ours/couple.hpp"
#include "ours/ours.hpp"

namespace mullion::bench {
namespace {

constexpr std::uint64_t batch = 64;  // messages that a sender posts in one turn, and that one sample spreads over

// 48 letters, different in every message.
struct Text {
  char letters[48];
  std::string_view view() const { return {letters, sizeof letters}; }
};

Text text_of(std::uint64_t turn) {
  Text text;
  for (unsigned i = 0; i < 6; ++i) {
    const auto eight = (word_of(turn, i) & 0x0f0f0f0f0f0f0f0f) + 0x4141414141414141;
    std::memcpy(text.letters + 8 * i, &eight, sizeof eight);
  }
  return text;
}

// What the receiver does with each message, whatever carries it: the n-th must be the n-th that was sent.
class Taker {
 public:
  explicit Taker(Session& session) : session_(session) { session_.start(); }
  bool take(const Ball& ball) { return is_ball(ball, ++taken_, 0); }
  bool take(const Value& value) {
    return value.number("turn") == static_cast<double>(++taken_) && value.string("text") == text_of(taken_).view();
  }
  bool over() { return taken_ % batch == 0 && !session_.lap(batch); }

 private:
  Session& session_;
  std::uint64_t taken_ = 0;
};

// Posts batches as long as there is room, and goes on when there is room again.
template <class Post>
class Pourer {
 public:
  Pourer(ChildEnd& end, Post post) : end_(end), post_(std::move(post)) {
    end_.loop().defer([this] { pour(); });
  }

 private:
  void pour() {
    for (std::uint64_t i = 0; i < batch; ++i) {
      auto posted = post_(end_.port(), sent_ + 1);
      if (!posted && posted.error().kind == Kind::overloaded) return tasks_.spawn(wait());
      if (!posted) return end_.fail(posted.error());
      ++sent_;
    }
    end_.loop().defer([this] { pour(); });
  }
  Task<> wait() {
    if (auto room = co_await end_.port().drained(); room) end_.loop().defer([this] { pour(); });
  }

  ChildEnd& end_;
  Post post_;
  std::uint64_t sent_ = 0;
  Tasks tasks_;
};

template <class Post>
Result<> pour_all(const Peer& peer, Post post) {
  auto end = ChildEnd::create(peer, Trust::no);
  if (!end) return std::unexpected(end.error());
  Pourer pourer(**end, std::move(post));
  return (*end)->run();
}

// A small Value: an object with a number and a text.
Value value_of(std::uint64_t turn) { return {{"turn", turn}, {"text", text_of(turn).view()}}; }

}  // namespace

namespace links {

using transport::Bytes;
using transport::Link;

namespace {

class Mouth final : public transport::LinkHandler {
 public:
  explicit Mouth(Session& session) : taker_(session) {}
  bool on_record(const transport::RecordHeader&, Bytes payload) override {
    Ball ball;
    if (over) return true;
    if (!read_ball(payload, ball) || !taker_.take(ball)) return stop(std::unexpected(wrong_bytes("the receiver")));
    return taker_.over() ? stop({}) : true;
  }
  void on_control(Bytes, std::vector<UniqueFd>) override {}
  void on_closed(const Error& why) override { stop(std::unexpected(why)); }

  bool over = false;
  Result<> result;

 private:
  bool stop(Result<> why) {
    result = std::move(why);
    return over = true;
  }
  Taker taker_;
};

class Deaf final : public transport::LinkHandler {
 public:
  bool on_record(const transport::RecordHeader&, Bytes) override { return true; }
  void on_control(Bytes, std::vector<UniqueFd>) override {}
  void on_closed(const Error&) override {}
};

Result<> send_batch(Link& link, std::uint64_t first) {
  for (std::uint64_t turn = first; turn < first + batch; ++turn) {
    const Ball ball = serve(turn);
    const Bytes parts[] = {bytes_of(ball)};
    if (auto sent = link.send({.port = 1}, parts); !sent) return sent;
  }
  link.flush();
  return {};
}

}  // namespace

Result<> drive_one_way(Session& session) {
  auto loop = Loop::create();
  if (!loop) return std::unexpected(loop.error());
  auto sockets = Link::socket_pair();
  if (!sockets) return std::unexpected(sockets.error());
  const int fds[] = {sockets->second.get()};
  auto peer = start_peer(session.row().name, fds);
  if (!peer) return std::unexpected(peer.error());
  auto link = Link::offer(**loop, std::move(sockets->first), {});
  if (!link) return std::unexpected(link.error());
  Mouth mouth(session);
  (*link)->start(mouth);
  while (!mouth.over)
    if (auto came = (*link)->wait(10'000'000'000); !came) return std::unexpected(came.error());
  return mouth.result;
}

Result<> answer_one_way(const Peer& peer) {
  auto loop = Loop::create();
  if (!loop) return std::unexpected(loop.error());
  auto link = Link::accept(**loop, peer.fd(0), {});
  if (!link) return std::unexpected(link.error());
  Deaf deaf;
  (*link)->start(deaf);
  for (std::uint64_t turn = 1; (*link)->open(); turn += batch) {
    while ((*link)->queued_bytes() > 0)
      if (auto waited = (*link)->wait(0); !waited) return {};
    if (auto sent = send_batch(**link, turn); !sent) return sent.error().kind == Kind::disconnected ? Result<>() : sent;
  }
  return {};
}

}  // namespace links

namespace ports {

Result<> drive_one_way_bytes(Session& session) {
  auto end = MainEnd::create(session.row(), Trust::no);
  if (!end) return std::unexpected(end.error());
  Taker taker(session);
  (*end)->port().on_bytes([&](std::span<const std::byte> bytes) {
    Ball ball;
    if (!read_ball(bytes, ball) || !taker.take(ball)) return (*end)->end(std::unexpected(wrong_bytes("main")));
    if (taker.over()) (*end)->end();
  });
  return (*end)->run();
}

Result<> answer_one_way_bytes(const Peer& peer) {
  return pour_all(peer,
                  [](StartedPort& port, std::uint64_t turn) { return port.try_post_bytes(bytes_of(serve(turn))); });
}

Result<> drive_one_way_value(Session& session) {
  auto end = MainEnd::create(session.row(), Trust::no);
  if (!end) return std::unexpected(end.error());
  Taker taker(session);
  (*end)->port().on_message([&](Message message) {
    if (!taker.take(message.data)) return (*end)->end(std::unexpected(wrong_bytes("main")));
    if (taker.over()) (*end)->end();
  });
  return (*end)->run();
}

Result<> answer_one_way_value(const Peer& peer) {
  return pour_all(peer, [](StartedPort& port, std::uint64_t turn) { return port.try_post(value_of(turn)); });
}

}  // namespace ports
}  // namespace mullion::bench
