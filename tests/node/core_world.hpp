// A network without processes: nodes, a broker, and first-in-first-out streams between them that a schedule empties one
// message at a time. It knows what every program posted and got, and keeps a list of everything that should not be.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "node/core/directory.hpp"
#include "node/core/ports.hpp"

namespace mullion::node::core::testing {

// The same numbers on every machine (splitmix64).
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next();
  std::size_t below(std::size_t bound) { return bound ? next() % bound : 0; }
  bool one_in(std::size_t n) { return below(n) == 0; }

 private:
  std::uint64_t state_;
};

struct Record {
  RecordKind kind = RecordKind::data;
  EndId end = 0;
  Epoch epoch = 0;
  std::vector<std::byte> body{};
  std::vector<Carried> ports{};
  std::uint64_t bytes = 0;
  std::uint32_t messages = 0;
};

// Something wrong with the world, which the checks must notice.
enum class Fault {
  none,
  drop_fin,
  drop_answer_fin,
  drop_data,
  drop_drained,
  drop_claim,
  drop_mail_in,      // what arrives for an end that has left
  drop_early_data,   // rule 7 not kept
  swap_data,
  split_mail,
  lossless_death,    // the broker says fin for a process that died
  eager_send,        // a message does not wait for the ReleaseAck of what it carries
};

struct WorldOptions {
  std::size_t nodes = 3;  // besides the broker
  std::uint64_t window_bytes = 400;
  std::uint32_t window_messages = 5;
  Quotas quotas{.window_bytes = 400, .window_messages = 5};
  std::uint32_t ends = Quotas{}.ends;
  Fault fault = Fault::none;
};

class World;

// One process: its ends, its four streams and what its program knows.
struct Process final : Ports::Sink {
  Process(World& world, PortsOptions options) : world(&world), id(options.node), ports(options, *this) {}
  Process(const Process& other) : Process(other, *other.world) {}
  Process(const Process& other, World& world);

  void up(Up&& message) override { control_up.push_back(std::move(message)); }
  bool data(LinkId, EndId end, Epoch epoch, std::span<const Bytes> body, std::span<const Carried> carried) override;
  void fin(LinkId, EndId end, Epoch epoch) override;
  void credit(LinkId, EndId end, Epoch epoch, std::uint64_t bytes, std::uint32_t messages) override;
  void resume(LinkId) override { paused = false; }
  void accuse(LinkId, std::string) override {}
  void over(LinkId) override {}
  bool offer(EndId end, Bytes body) override;
  void ready(EndId end) override;
  void drained(EndId end) override;
  void closed(EndId end, CloseReason reason) override;
  void check_closed();

  World* world;
  NodeId id;
  Ports ports;
  std::deque<Up> control_up{};
  std::deque<Down> control_down{};
  std::deque<Record> data_up{}, data_down{};
  std::set<EndId> held{};  // by the program
  std::vector<EndId> just_closed{};
  bool alive = true;
  bool gone = false;    // the directory knows
  bool paused = false;  // data_down, by rule 7
  bool full = false;    // data_up takes no more data
  bool eager = false;   // offered messages are taken
  std::function<void(Process&)> within_offer{};  // what the program does while it is offered one; not copied
};

// What programs did with an end, wherever it was.
struct Ledger {
  std::uint64_t posted = 0;
  std::uint64_t got = 0;
  int closed = 0;
  CloseReason reason = CloseReason::closed;
};

struct Problem {
  EndId channel = 0;  // 0: the whole world's
  std::string what{};
};

class World final : public Directory::Sink {
 public:
  explicit World(WorldOptions options);
  World(const World& other);
  World& operator=(const World&) = delete;

  // The program's calls, with what they mean written in the ledger.
  Process& process(NodeId id);
  std::pair<EndId, EndId> create(NodeId at);
  Result<> post(NodeId at, EndId end, std::vector<EndId> ports = {}, PostRoom room = PostRoom::outbox,
                std::size_t padding = 0);
  bool take(NodeId at, EndId end);
  void close(NodeId at, EndId end);
  std::pair<EndId, EndId> connect(NodeId parent, NodeId child);

  // One message of one stream, if there is one to handle.
  bool deliver_up(Process& from);
  bool deliver_down(Process& to);
  bool deliver_data_up(Process& from);
  bool deliver_data_down(Process& to);
  bool bury(Process& dead);  // once its streams are empty
  void kill(NodeId id, Random& random);
  void kill(NodeId id, std::size_t said_to_broker, std::size_t in_link);

  bool settle();       // delivers until nothing moves; whether anything did
  void drain();        // starts and takes everything everywhere, until nothing moves
  void check_at_rest();
  void close_everything();
  // Problems of channels that nobody wrote off.
  std::vector<Problem> problems() const;
  std::string report() const;
  void problem(EndId end, std::string what);

  void down(NodeId to, Down&& message) override;
  void lost(NodeId to, EndId end, Epoch epoch) override;
  bool introduce(NodeId, NodeId, LinkId) override { return false; }
  void quarrel(NodeId, NodeId, const LinkFailed&) override {}

  void got(NodeId at, EndId end, Bytes body, std::span<const EndId> ports);
  bool tainted(EndId end) const;
  void fingerprint(std::vector<std::uint64_t>& out) const;

  WorldOptions options;
  Directory directory;
  std::vector<std::unique_ptr<Process>> processes{};
  std::map<EndId, Ledger> ledger{};
  std::map<EndId, std::size_t> age{};             // of a channel: how many were made before it
  std::map<EndId, std::set<EndId>> carried_on{};  // a channel, and the channels that it went over
  std::set<EndId> touched_by_liar{};              // channels whose end a hostile process held
  std::map<EndId, Epoch> heard{};                 // the epoch of the last record that was handled of an end
  NodeId liar = 0;
  int deaths = 0;
  bool refusals = false;  // some quota is small enough to be met
  bool rings = false;     // ends may be sent where nobody can receive them
  std::vector<std::string> violations{};

 private:
  void check_channel(EndId end, bool here);
  bool broken(Process& from, Record& record);
  bool broken(Process& from, Up& message);

  std::vector<Problem> problems_{};
  std::set<std::pair<EndId, Epoch>> fins_{};
};

constexpr EndId channel_of(EndId end) { return end & ~EndId{1}; }

// A schedule: something that some process, stream or program does next.
class Schedule {
 public:
  struct Odds {
    std::size_t most_ends = 40;   // held in the world at once
    bool close = true;
    bool kill = false;
    bool carry = true;
    std::function<void(Process&)> liar{};  // what the hostile process does besides
    bool rings = true;  // otherwise an end travels only over channels that are older than its own
  };
  Schedule(World& world, Random& random, Odds odds) : world_(world), random_(random), odds_(odds) {
    world.rings = odds.rings && odds.carry;
  }
  void step();

 private:
  void deliver(Process& process);
  void act(Process& process);
  void post(Process& process);
  EndId some_end(const Process& process);

  World& world_;
  Random& random_;
  Odds odds_;
};

}  // namespace mullion::node::core::testing
