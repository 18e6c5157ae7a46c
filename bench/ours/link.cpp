#include "mullion/transport/link.hpp"

#include "harness/ball.hpp"
#include "mullion/base/loop.hpp"
#include "ours/ours.hpp"

namespace mullion::bench::links {
namespace {

using transport::Bytes;
using transport::Link;
using transport::LinkHandler;
using transport::RecordHeader;

constexpr std::uint64_t patience_ns = 10'000'000'000;

class Player : public LinkHandler {
 public:
  explicit Player(std::unique_ptr<Link> link) : link_(std::move(link)) { link_->start(*this); }
  void on_control(Bytes, std::vector<UniqueFd>) override {}
  void on_closed(const Error& why) override { end(std::unexpected(why)); }

  Result<> play() {
    while (!over_) {
      auto came = link_->wait(patience_ns);
      if (!came) return std::unexpected(came.error());
      if (!*came) return std::unexpected(Error{.message = "nothing came over the link for ten seconds"});
    }
    return result_;
  }

 protected:
  void send(const Ball& ball) {
    const Bytes parts[] = {bytes_of(ball)};
    if (auto sent = link_->send({.port = 1}, parts); !sent) end(sent);
  }
  void end(Result<> result) {
    result_ = std::move(result);
    over_ = true;
  }

 private:
  std::unique_ptr<Link> link_;
  Result<> result_;
  bool over_ = false;
};

class Server final : public Player {
 public:
  Server(std::unique_ptr<Link> link, Session& session) : Player(std::move(link)), session_(session) {
    session_.start();
    send(serve(turn_));
  }
  bool on_record(const RecordHeader&, Bytes payload) override {
    Ball ball;
    if (!read_ball(payload, ball) || !is_ball(ball, turn_++, 1))
      end(std::unexpected(wrong_bytes("the driver")));
    else
      session_.lap() ? send(serve(turn_)) : end({});
    return true;
  }

 private:
  Session& session_;
  std::uint64_t turn_ = 1;
};

class Returner final : public Player {
 public:
  using Player::Player;
  bool on_record(const RecordHeader&, Bytes payload) override {
    Ball ball;
    if (!read_ball(payload, ball)) end(std::unexpected(wrong_bytes("the peer")));
    strike(ball);
    send(ball);
    return true;
  }
};

}  // namespace

Result<> drive_link(Session& session) {
  auto loop = Loop::create();
  if (!loop) return std::unexpected(loop.error());
  auto sockets = Link::socket_pair();
  if (!sockets) return std::unexpected(sockets.error());
  const int fds[] = {sockets->second.get()};
  auto peer = start_peer(session.row().name, fds);
  if (!peer) return std::unexpected(peer.error());
  auto link = Link::offer(**loop, std::move(sockets->first), {.trusted = true});
  if (!link) return std::unexpected(link.error());
  return Server(std::move(*link), session).play();
}

Result<> answer_link(const Peer& peer) {
  auto loop = Loop::create();
  if (!loop) return std::unexpected(loop.error());
  auto link = Link::accept(**loop, peer.fd(0), {.trusted = true});
  if (!link) return std::unexpected(link.error());
  auto played = Returner(std::move(*link)).play();
  const bool over = !played && played.error().kind == Kind::disconnected;
  return over ? Result<>() : played;
}

}  // namespace mullion::bench::links
