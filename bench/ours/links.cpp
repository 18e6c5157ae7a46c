// One link that plays among others that do not: what many links cost the one that is used.
#include <memory>
#include <vector>

#include "harness/ball.hpp"
#include "mullion/base/loop.hpp"
#include "mullion/transport/link.hpp"
#include "ours/ours.hpp"

namespace mullion::bench::links {
namespace {

using transport::Bytes;
using transport::Link;
using transport::RecordHeader;

constexpr std::size_t many = 200;
constexpr std::uint64_t greeting = 1, game = 2;  // ports
constexpr transport::LinkOptions options{.ring_bytes = 64 * 1024};

// As many links as there are sockets, in one loop. Each says one word when it begins; then only the first is used.
class Table : public transport::LinkHandler {
 public:
  Result<> run(std::vector<UniqueFd> sockets, bool offers) {
    auto loop = Loop::create();
    if (!loop) return std::unexpected(loop.error());
    for (auto& socket : sockets) {
      auto link =
          offers ? Link::offer(**loop, std::move(socket), options) : Link::accept(**loop, std::move(socket), options);
      if (!link) return std::unexpected(link.error());
      links_.push_back(std::move(*link));
    }
    loop_ = loop->get();
    for (auto& link : links_) link->start(*this), post(*link, greeting, serve(0));
    auto ran = loop_->run();
    links_.clear();
    return ran ? result_ : ran;
  }

  bool on_record(const RecordHeader& header, Bytes payload) override {
    Ball ball;
    if (!read_ball(payload, ball)) return end(std::unexpected(wrong_bytes("a link"))), true;
    if (header.port == game)
      play(ball);
    else if (++begun_ == links_.size())
      begin();
    return true;
  }
  void on_control(Bytes, std::vector<UniqueFd>) override {}
  void on_closed(const Error& why) override { hung_up(why); }

 protected:
  virtual void begin() {}
  virtual void play(Ball& ball) = 0;
  virtual void hung_up(const Error& why) { end(std::unexpected(why)); }
  void post(const Ball& ball) { post(*links_.front(), game, ball); }
  void end(Result<> result) {
    result_ = std::move(result);
    loop_->stop();
  }

 private:
  void post(Link& link, std::uint64_t port, const Ball& ball) {
    const Bytes parts[] = {bytes_of(ball)};
    if (auto sent = link.send({.port = port}, parts); !sent) end(sent);
  }

  Loop* loop_ = nullptr;
  std::vector<std::unique_ptr<Link>> links_;
  std::size_t begun_ = 0;
  Result<> result_;
};

class Driver final : public Table {
 public:
  explicit Driver(Session& session) : session_(session) {}

 private:
  void begin() override {
    session_.start();
    post(serve(turn_));
  }
  void play(Ball& ball) override {
    if (!is_ball(ball, turn_++, 1)) return end(std::unexpected(wrong_bytes("the driver")));
    session_.lap() ? post(serve(turn_)) : end({});
  }

  Session& session_;
  std::uint64_t turn_ = 1;
};

class Answerer final : public Table {
  void play(Ball& ball) override {
    strike(ball);
    post(ball);
  }
  void hung_up(const Error&) override { end({}); }
};

Result<> drive(Session& session, std::size_t count) {
  std::vector<UniqueFd> ours, theirs;
  std::vector<int> inherited;
  for (std::size_t i = 0; i < count; ++i) {
    auto sockets = Link::socket_pair();
    if (!sockets) return std::unexpected(sockets.error());
    ours.push_back(std::move(sockets->first));
    inherited.push_back(sockets->second.get());
    theirs.push_back(std::move(sockets->second));
  }
  auto peer = start_peer(session.row().name, inherited);
  if (!peer) return std::unexpected(peer.error());
  theirs.clear();
  return Driver(session).run(std::move(ours), true);
}

Result<> answer(const Peer& peer, std::size_t count) {
  std::vector<UniqueFd> sockets;
  for (std::size_t i = 0; i < count; ++i) sockets.push_back(peer.fd(static_cast<int>(i)));
  return Answerer().run(std::move(sockets), false);
}

}  // namespace

Result<> drive_alone(Session& session) { return drive(session, 1); }
Result<> answer_alone(const Peer& peer) { return answer(peer, 1); }
Result<> drive_among_many(Session& session) { return drive(session, many); }
Result<> answer_among_many(const Peer& peer) { return answer(peer, many); }

}  // namespace mullion::bench::links
