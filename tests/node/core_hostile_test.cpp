// A process that says anything: honest ones keep what they had, the directory stays sound, and once the liar is gone
// nothing of it is left.
#include <doctest/doctest.h>

#include <algorithm>

#include "node/core_world.hpp"

namespace mullion::node::core::testing {
namespace {

// Says what it could know: ends, tokens and epochs that it has seen, and near misses.
class Liar {
 public:
  explicit Liar(Random& random) : random_(random) {}

  void step(Process& self) {
    learn(self);
    switch (random_.below(10)) {
      case 0: self.control_up.push_back(Create{some_end() & ~EndId{1}}); break;
      case 1: self.control_up.push_back(Release{some_end(), epoch(), token(), some_end(), mail(), mail()}); break;
      case 2: self.control_up.push_back(Claim{some_end(), token(), some_end()}); break;
      case 3: self.control_up.push_back(MailIn{some_end(), epoch(), mail()}); break;
      case 4: self.control_up.push_back(MailOut{some_end(), epoch(), mail()}); break;
      case 5: self.control_up.push_back(Drained{some_end(), epoch(), random_.one_in(4)}); break;
      case 6: self.control_up.push_back(Close{some_end(), epoch(), CloseReason::protocol, mail()}); break;
      case 7: claim_what_it_saw(self); break;
      default: say_on_link(self);
    }
    if (random_.one_in(6)) confuse(self);
  }

 private:
  void learn(Process& self) {
    for (EndId end : self.held) know(end);
    for (const Record& record : self.data_down) {
      know(record.end);
      for (const Carried& carried : record.ports) carried_.push_back(carried);
    }
    for (const Up& message : self.control_up) {
      if (auto* release = std::get_if<Release>(&message)) carried_.push_back({release->end, release->token});
    }
    if (carried_.size() > 60) carried_.erase(carried_.begin(), carried_.begin() + 30);
    if (ends_.size() > 80) ends_.erase(ends_.begin(), ends_.begin() + 40);
  }

  void know(EndId end) {
    if (std::find(ends_.begin(), ends_.end(), end) == ends_.end()) ends_.push_back(end);
  }

  // Now and then a name that it only guesses.
  EndId some_end() {
    if (ends_.empty() || random_.one_in(8)) {
      return make_end(static_cast<NodeId>(1 + random_.below(5)), random_.below(20), random_.below(2) != 0);
    }
    return ends_[random_.below(ends_.size())] ^ (random_.one_in(4) ? 1 : 0);
  }

  Epoch epoch() { return static_cast<Epoch>(random_.one_in(20) ? random_.next() : random_.below(4)); }
  Token token() {
    return carried_.empty() || random_.one_in(4) ? random_.below(3) : carried_[random_.below(carried_.size())].token;
  }

  std::vector<Carried> ports() {
    std::vector<Carried> ports;
    while (random_.one_in(2)) {
      if (carried_.empty() || random_.one_in(3)) ports.push_back({some_end(), token()});
      else ports.push_back(carried_[random_.below(carried_.size())]);
    }
    return ports;
  }

  Mail mail() {
    Mail mail;
    while (random_.one_in(2)) mail.push_back({std::vector<std::byte>(random_.below(40)), ports()});
    return mail;
  }

  void claim_what_it_saw(Process& self) {
    if (carried_.empty()) return;
    Carried carried = carried_[random_.below(carried_.size())];
    self.control_up.push_back(Claim{carried.end, carried.token, some_end()});
  }

  void say_on_link(Process& self) {
    Record record{.kind = static_cast<RecordKind>(1 + random_.below(4)), .end = some_end(), .epoch = epoch()};
    if (record.kind == RecordKind::data) {
      record.body.resize(random_.one_in(10) ? 5000 : random_.below(60));
      record.ports = ports();
      record.bytes = record.body.size();
    }
    if (record.kind == RecordKind::credit) {
      record.bytes = random_.one_in(4) ? random_.next() : random_.below(500);
      record.messages = static_cast<std::uint32_t>(random_.one_in(4) ? random_.next() : random_.below(6));
    }
    self.data_up.push_back(std::move(record));
  }

  // What it would honestly have said is lost, said twice, or in another order.
  void confuse(Process& self) {
    if (!self.control_up.empty()) shuffle(self.control_up);
    if (!self.data_up.empty()) shuffle(self.data_up);
  }

  template <class Queue>
  void shuffle(Queue& queue) {
    std::size_t at = random_.below(queue.size());
    switch (random_.below(3)) {
      case 0: queue.erase(queue.begin() + static_cast<std::ptrdiff_t>(at)); break;
      case 1: queue.push_back(queue[at]); break;
      default: std::swap(queue[at], queue.back());
    }
  }

  Random& random_;
  std::vector<EndId> ends_{};
  std::vector<Carried> carried_{};
};

struct Outcome {
  std::string report{};
  std::size_t lies = 0;
  std::size_t honest_messages = 0;
};

// Four processes, the last of which lies. `cut`: it is cut off at its first lie.
Outcome run(std::uint64_t seed, bool cut, Quotas quotas = {.window_bytes = 400, .window_messages = 5}) {
  World world({.nodes = 4, .quotas = quotas});
  world.liar = 5;
  world.refusals = true;
  for (NodeId child = 2; child <= 5; ++child) world.connect(broker_node, child);
  world.touched_by_liar.insert(boot_end_of_parent(5));
  Random random(seed);
  Liar liar(random);
  Schedule::Odds odds{.liar = [&](Process& self) { liar.step(self); }};
  Schedule schedule(world, random, odds);
  for (std::size_t i = 0; i < 4000; ++i) {
    schedule.step();
    if (cut && !world.violations.empty()) break;
  }
  for (const auto& [channel, age] : world.age) {
    if (maker_of(channel) == 5) world.touched_by_liar.insert(channel);
  }
  world.kill(5, random);
  world.drain();
  world.check_at_rest();
  world.close_everything();
  Outcome outcome{.report = world.report(), .lies = world.violations.size()};
  for (const auto& [end, ledger] : world.ledger) outcome.honest_messages += world.tainted(end) ? 0 : ledger.got;
  return outcome;
}

}  // namespace

TEST_CASE("core, a hostile process that nobody stops: honest channels keep order, and nothing of it is left") {
  std::size_t lies = 0;
  std::size_t honest = 0;
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    Outcome outcome = run(seed, false);
    CAPTURE(seed);
    REQUIRE_MESSAGE(outcome.report.empty(), outcome.report);
    lies += outcome.lies;
    honest += outcome.honest_messages;
  }
  CHECK(lies > 1000);
  CHECK(honest > 1000);
}

TEST_CASE("core, a hostile process that is cut off at its first lie: honest channels keep order") {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    Outcome outcome = run(seed, true);
    CAPTURE(seed);
    REQUIRE_MESSAGE(outcome.report.empty(), outcome.report);
  }
}

TEST_CASE("core, a hostile process and small quotas: what is refused is closed, and nothing is left") {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    Outcome outcome = run(seed, false, {.limbo = 2, .mail_bytes = 600, .window_bytes = 400, .window_messages = 5});
    CAPTURE(seed);
    REQUIRE_MESSAGE(outcome.report.empty(), outcome.report);
  }
}

}  // namespace mullion::node::core::testing
