// Every interleaving of small worlds: what programs do, and every order in which streams are read.
#include <doctest/doctest.h>

#include <unordered_set>

#include "node/core_world.hpp"

namespace mullion::node::core::testing {
namespace {

using Words = std::vector<std::uint64_t>;

void put(Words& out, const std::vector<Carried>& ports) {
  for (const Carried& carried : ports) out.insert(out.end(), {carried.end, carried.token});
}

void put(Words& out, const Mail& mail) {
  out.push_back(mail.size());
  for (const Parcel& parcel : mail) {
    out.push_back(std::hash<std::string_view>{}({reinterpret_cast<const char*>(parcel.body.data()), parcel.body.size()}));
    put(out, parcel.ports);
  }
}

template <class Message>
void put(Words& out, const Message& message) {
  out.insert(out.end(), {message.index(), 0});
  std::visit(
      [&](const auto& m) {
        if constexpr (requires { m.end; }) out.push_back(m.end);
        if constexpr (requires { m.epoch; }) out.push_back(m.epoch);
        if constexpr (requires { m.token; }) out.insert(out.end(), {m.token, m.carrier});
        if constexpr (requires { m.lossy; }) out.push_back(m.lossy);
        if constexpr (requires { m.in.empty(); Mail(m.in); }) put(out, m.in);
        if constexpr (requires { m.out.empty(); Mail(m.out); }) put(out, m.out);
        if constexpr (requires { Mail(m.in[0]); }) {
          for (int i : {0, 1}) put(out, m.in[i]), put(out, m.out[i]);
        }
      },
      message);
}

void put(Words& out, const Record& record) {
  out.insert(out.end(), {static_cast<std::uint64_t>(record.kind), record.end, record.epoch});
  out.push_back(std::hash<std::string_view>{}({reinterpret_cast<const char*>(record.body.data()), record.body.size()}));
  put(out, record.ports);
}

struct Budget {
  int posts[2] = {0, 0};
  int moves[2] = {0, 0};
  int closes[2] = {0, 0};
  int crashes = 0;
  int carries = 0;  // any end over any other, of two channels between the processes and one more
};

// Two processes, a channel between them that carries, and one whose ends a and b do what the budget says.
struct Small {
  World world;
  EndId carriers[2]{};
  EndId ends[2]{};
  Budget left{};

  Process& at(NodeId id) { return world.process(id); }

  std::pair<std::uint64_t, std::uint64_t> key() const {
    Words words;
    world.fingerprint(words);
    for (const auto& process : world.processes) {
      for (const Up& message : process->control_up) put(words, message);
      for (const Down& message : process->control_down) put(words, message);
      for (const auto* records : {&process->data_up, &process->data_down}) {
        words.push_back(records->size());
        for (const Record& record : *records) put(words, record);
      }
      words.insert(words.end(), process->held.begin(), process->held.end());
    }
    for (const auto& [end, ledger] : world.ledger) {
      words.insert(words.end(), {end, ledger.posted, ledger.got, static_cast<std::uint64_t>(ledger.closed)});
    }
    for (int i : {0, 1}) words.push_back(static_cast<std::uint64_t>(left.posts[i] * 64 + left.moves[i] * 8 + left.closes[i]));
    words.push_back(static_cast<std::uint64_t>(left.crashes * 8 + left.carries));
    std::uint64_t a = 1, b = 2;
    for (std::uint64_t word : words) {
      a = (a ^ word) * 0x9E3779B97F4A7C15u;
      a ^= a >> 32;
      b = (b + word) * 0xC2B2AE3D27D4EB4Fu;
      b ^= b >> 29;
    }
    return {a, b};
  }
};

Small begin(Budget budget, Fault fault) {
  Small small{.world = World({.nodes = 2,
                              .window_bytes = 0,
                              .window_messages = 0,
                              .quotas = {.window_bytes = 0, .window_messages = 0},
                              .fault = fault}),
              .left = budget};
  World& world = small.world;
  auto carriers = world.connect(2, 3);
  auto ends = world.create(2);
  world.post(2, carriers.first, {ends.second});
  world.drain();
  small.carriers[0] = carriers.first;
  small.carriers[1] = carriers.second;
  small.ends[0] = ends.first;
  small.ends[1] = ends.second;
  if (budget.carries == 0) return small;
  world.rings = true;
  world.post(2, carriers.first, {world.create(2).second});
  world.drain();
  return small;
}

class Explorer {
 public:
  Explorer(Budget budget, Fault fault = Fault::none, std::size_t most = 20'000'000) : most_(most) {
    visit(std::make_unique<Small>(begin(budget, fault)));
    while (!open_.empty() && report_.empty() && seen_.size() < most_) {
      std::unique_ptr<Small> small = std::move(open_.back());
      open_.pop_back();
      if (!expand(*small)) finish(small->world);
    }
  }

  std::size_t states() const { return seen_.size(); }
  std::size_t ends() const { return ends_; }
  bool complete() const { return open_.empty(); }
  const std::string& report() const { return report_; }

 private:
  void visit(std::unique_ptr<Small> small) {
    if (!small->world.problems().empty()) report_ = small->world.report();
    if (seen_.insert(small->key()).second) open_.push_back(std::move(small));
  }

  void finish(World& world) {
    ++ends_;
    world.drain();
    world.check_at_rest();
    world.close_everything();
    report_ = world.report();
  }

  template <class Step>
  bool attempt(const Small& small, Step step) {
    auto next = std::make_unique<Small>(small);
    if (!step(*next)) return false;
    visit(std::move(next));
    return true;
  }

  // Each thing that can happen next; false when nothing can.
  bool expand(const Small& small) {
    bool any = false;
    for (NodeId id : {2u, 3u}) {
      any |= deliver(small, id);
      const Process& process = *small.world.processes[id - 1];
      if (!process.alive) continue;
      for (EndId end : process.held) {
        any |= take(small, id, end);
        any |= carry(small, id, end);
      }
      for (int i : {0, 1}) any |= act(small, id, i);
      any |= crash(small, id);
    }
    return any;
  }

  bool deliver(const Small& small, NodeId id) {
    const Process& process = *small.world.processes[id - 1];
    bool any = false;
    if (!process.control_up.empty()) any |= attempt(small, [=](Small& s) { return s.world.deliver_up(s.at(id)); });
    if (!process.control_down.empty()) any |= attempt(small, [=](Small& s) { return s.world.deliver_down(s.at(id)); });
    if (!process.data_up.empty()) any |= attempt(small, [=](Small& s) { return s.world.deliver_data_up(s.at(id)); });
    if (!process.data_down.empty() && !process.paused) {
      any |= attempt(small, [=](Small& s) { return s.world.deliver_data_down(s.at(id)); });
    }
    if (!process.alive) any |= attempt(small, [=](Small& s) { return s.world.bury(s.at(id)); });
    return any;
  }

  bool take(const Small& small, NodeId id, EndId end) {
    if (!small.world.processes[id - 1]->ports.has_message(end)) return false;
    return attempt(small, [=](Small& s) {
      s.world.take(id, end);
      for (EndId held : s.at(id).held) s.at(id).ports.start(held);
      s.at(id).check_closed();
      return true;
    });
  }

  bool carry(const Small& small, NodeId id, EndId end) {
    if (small.left.carries == 0) return false;
    bool any = false;
    for (EndId over : small.world.processes[id - 1]->held) {
      if (over == end) continue;
      any |= attempt(small, [=](Small& s) { return s.left.carries-- > 0 && s.world.post(id, over, {end}); });
    }
    return any;
  }

  bool act(const Small& small, NodeId id, int i) {
    EndId end = small.ends[i];
    if (!small.world.processes[id - 1]->held.contains(end)) return false;
    bool any = false;
    if (small.left.posts[i] > 0) {
      any |= attempt(small, [=](Small& s) { return s.left.posts[i]-- > 0 && s.world.post(id, end); });
    }
    if (small.left.moves[i] > 0) {
      any |= attempt(small, [=](Small& s) {
        return s.left.moves[i]-- > 0 && s.world.post(id, s.carriers[id - 2], {end});
      });
    }
    if (small.left.closes[i] > 0) {
      any |= attempt(small, [=](Small& s) { return s.left.closes[i]-- > 0 && (s.world.close(id, end), true); });
    }
    return any;
  }

  // Every prefix of each of its streams.
  bool crash(const Small& small, NodeId id) {
    if (small.left.crashes == 0) return false;
    const Process& dead = *small.world.processes[id - 1];
    for (std::size_t said = 0; said <= dead.control_up.size(); ++said) {
      for (std::size_t sent = 0; sent <= dead.data_up.size(); ++sent) {
        attempt(small, [&](Small& s) {
          --s.left.crashes;
          s.world.kill(id, said, sent);
          return true;
        });
      }
    }
    return true;
  }

  struct Hash {
    std::size_t operator()(const std::pair<std::uint64_t, std::uint64_t>& key) const { return key.first; }
  };

  std::size_t most_;
  std::size_t ends_ = 0;
  std::vector<std::unique_ptr<Small>> open_{};
  std::unordered_set<std::pair<std::uint64_t, std::uint64_t>, Hash> seen_{};
  std::string report_{};
};

void check_all(Budget budget) {
  Explorer explorer(budget);
  MESSAGE(explorer.states() << " states, " << explorer.ends() << " of them final");
  CHECK(explorer.complete());
  CHECK_MESSAGE(explorer.report().empty(), explorer.report());
}

}  // namespace

TEST_CASE("core, every interleaving: both ends move once, two messages each way") {
  check_all({.posts = {2, 2}, .moves = {1, 1}});
}
TEST_CASE("core, every interleaving: both ends move and one closes") {
  check_all({.posts = {1, 1}, .moves = {1, 1}, .closes = {1, 0}});
}
TEST_CASE("core, every interleaving: one end moves and one process dies") {
  check_all({.posts = {1, 1}, .moves = {1, 0}, .crashes = 1});
}
TEST_CASE("core, every interleaving: ends carry each other") { check_all({.carries = 1}); }

TEST_CASE("core, every interleaving: a broken world is noticed") {
  Budget both{.posts = {1, 1}, .moves = {1, 1}};
  for (Fault fault : {Fault::drop_fin, Fault::drop_mail_in, Fault::drop_early_data, Fault::split_mail}) {
    CAPTURE(static_cast<int>(fault));
    CHECK_FALSE(Explorer(both, fault).report().empty());
  }
  CHECK_FALSE(Explorer({.posts = {2, 0}}, Fault::swap_data).report().empty());
}

// Minutes: core_test --no-skip -tc="*at length*"
TEST_SUITE("at length" * doctest::skip()) {
  TEST_CASE("core, every interleaving at length: both ends move, one twice") {
    check_all({.posts = {2, 1}, .moves = {2, 1}});
  }
  TEST_CASE("core, every interleaving at length: one end moves and both close") {
    check_all({.posts = {2, 2}, .moves = {1, 1}, .closes = {1, 1}});
  }
  TEST_CASE("core, every interleaving at length: both ends move and one process dies") {
    check_all({.posts = {1, 1}, .moves = {1, 1}, .crashes = 1});
  }
  TEST_CASE("core, every interleaving at length: both ends move and both processes die") {
    check_all({.posts = {1, 1}, .moves = {1, 1}, .crashes = 2});
  }
  TEST_CASE("core, every interleaving at length: one end moves, one closes and one process dies") {
    check_all({.posts = {2, 1}, .moves = {1, 0}, .closes = {0, 1}, .crashes = 1});
  }
  TEST_CASE("core, every interleaving at length: ends carry each other") { check_all({.carries = 2}); }
  TEST_CASE("core, every interleaving at length: ends carry each other and one process dies") {
    check_all({.crashes = 1, .carries = 2});
  }
}

}  // namespace mullion::node::core::testing
