#include <malloc.h>
#include <unistd.h>

#include <fstream>

#include "harness/ball.hpp"
#include "ours/couple.hpp"
#include "ours/ours.hpp"

namespace mullion::bench::ports {
namespace {

constexpr std::size_t wanted_ports = 10'000;
constexpr std::size_t batch = 100;  // sent away before the child says that it has them; one sample spreads over it

// What of this process lies in memory of its own, after the allocator gave back what it could.
double own_memory() {
  malloc_trim(0);
  std::ifstream file("/proc/self/statm");
  double total = 0, resident = 0, shared = 0;
  file >> total >> resident >> shared;
  return (resident - shared) * static_cast<double>(sysconf(_SC_PAGESIZE));
}

// Main's side: makes the channels, keeps one end of each, and sends the other to the child.
class Hoard {
 public:
  Hoard(Session& session, MainEnd& end) : session_(session), end_(end) { ports_.reserve(wanted_ports); }

  Result<> fill() {
    end_.port().on_message([this](Message message) { next(message.data); });
    before_ = own_memory();
    post(Value("begin"));
    return end_.run();
  }
  double bytes_in_main() const { return (own_memory() - before_) / wanted_ports; }
  double bytes_in_child() const { return in_child_; }

 private:
  // The child says how many it has, and at last what they weigh.
  void next(const Value& said) {
    if (said.number("have") != static_cast<double>(ports_.size()))
      return end_.end(std::unexpected(wrong_bytes("main")));
    if (!ports_.empty()) session_.add(static_cast<double>(now_ns() - begun_) / batch);
    in_child_ = said.number("bytes") / wanted_ports;
    ports_.size() < wanted_ports ? send_batch() : end_.end();
  }
  void send_batch() {
    begun_ = now_ns();
    for (std::size_t i = 0; i < batch; ++i) {
      auto channel = MessageChannel::create(end_.broker().share_node());
      if (!channel) return end_.end(std::unexpected(channel.error()));
      ports_.push_back(std::move(channel->port1).start());
      ports_.back().on_message([](Message) {});
      post(Value(), std::move(channel->port2));
    }
  }
  template <class... Ports>
  void post(const Value& value, Ports&&... ports) {
    if (auto posted = end_.port().post_message(value, std::move(ports)...); !posted) end_.end(posted);
  }

  Session& session_;
  MainEnd& end_;
  std::vector<StartedPort> ports_;
  double before_ = 0;
  double in_child_ = 0;
  std::uint64_t begun_ = 0;
};

// The child's side: keeps what it is sent, says so after each batch, and plays with bytes that come meanwhile.
class Keep {
 public:
  explicit Keep(ChildEnd& end) : end_(end) {
    ports_.reserve(wanted_ports);
    end.port().on_message([this](Message message) { take(std::move(message)); });
    end.port().on_bytes([this](std::span<const std::byte> bytes) { play(bytes); });
  }

 private:
  void take(Message message) {
    if (message.ports.empty()) before_ = own_memory();
    for (auto& port : message.ports) {
      ports_.push_back(std::move(port).start());
      ports_.back().on_message([](Message) {});
    }
    if (ports_.size() % batch == 0) report();
  }
  void report() {
    const double bytes = ports_.size() == wanted_ports ? own_memory() - before_ : 0;
    const Value said{{"have", ports_.size()}, {"bytes", bytes}};
    if (auto posted = end_.port().post_message(said); !posted) end_.fail(posted.error());
  }
  void play(std::span<const std::byte> bytes) {
    Ball ball;
    if (!read_ball(bytes, ball)) return end_.fail(wrong_bytes("the child"));
    strike(ball);
    if (auto posted = end_.port().post_bytes(bytes_of(ball)); !posted) end_.fail(posted.error());
  }

  ChildEnd& end_;
  std::vector<StartedPort> ports_;
  double before_ = 0;
};

using Use = Result<> (*)(Session& round, MainEnd& end, const Hoard& hoard);

Result<> with_idle_ports(Session& filling, Session& round, Use use) {
  auto end = MainEnd::create(round.row(), Trust::no);
  if (!end) return std::unexpected(end.error());
  Hoard hoard(filling, **end);
  if (auto filled = hoard.fill(); !filled) return filled;
  return use(round, **end, hoard);
}

}  // namespace

Result<> drive_idle_in_main(Session& session) {
  return with_idle_ports(session, session, [](Session& round, MainEnd&, const Hoard& hoard) -> Result<> {
    round.set_memory(hoard.bytes_in_main());
    return {};
  });
}

Result<> drive_idle_in_child(Session& session) {
  return with_idle_ports(session, session, [](Session& round, MainEnd&, const Hoard& hoard) -> Result<> {
    round.set_memory(hoard.bytes_in_child());
    return {};
  });
}

Result<> drive_among_idle(Session& session) {
  Session filling(session.row(), {.most = wanted_ports});
  return with_idle_ports(filling, session, [](Session& round, MainEnd& end, const Hoard&) {
    round.begin();
    return play_balls(round, end);
  });
}

Result<> answer_idle(const Peer& peer) {
  auto end = ChildEnd::create(peer, Trust::no);
  if (!end) return std::unexpected(end.error());
  Keep keep(**end);
  return (*end)->run();
}

}  // namespace mullion::bench::ports
