#include <doctest/doctest.h>
#include <poll.h>
#include <signal.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <string>

#include "exchange.hpp"
#include "long_run.hpp"

using namespace mullion;
using namespace mullion::fault;
using Clock = std::chrono::steady_clock;
using transport::Medium;

namespace {

constexpr std::size_t filling = 64 * 1024;
constexpr std::uint64_t outbox_bytes = 64u << 20;        // what node.hpp promises of an end
constexpr std::uint64_t beside_outbox = 24u << 20;       // records, the window, the link's own
constexpr std::chrono::milliseconds longest_turn{1000};  // the machine may be busy; a main that waited would never end

std::chrono::milliseconds stopped_for() { return std::chrono::milliseconds(long_run() ? 5000 : 300); }

char state_of(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string text;
  std::getline(file, text);
  const auto name_end = text.rfind(')');
  return name_end + 2 < text.size() ? text[name_end + 2] : '?';
}

// A child that serves what it is given, and is stopped and goes on.
class Sleeper {
 public:
  explicit Sleeper(Stage& stage) : stage_(stage), life_(start(stage.main(), "bystander")) {
    EXPECT(life_);
    stage.main().node().start(life_->boot);
    round_trip(life_->boot);
  }
  EndId boot() const { return life_->boot; }
  void stop() {
    EXPECT(stage_.main().broker().kill(life_->id, SIGSTOP));
    const pid_t pid = stage_.main().broker().pid(life_->id);
    while (state_of(pid) != 'T') poll(nullptr, 0, 1);
  }
  void go_on() { EXPECT(stage_.main().broker().kill(life_->id, SIGCONT)); }
  void end() {
    EXPECT(stage_.main().broker().kill(life_->id, SIGKILL));
    expect_exit(stage_.main(), *life_);
    stage_.main().node().close(life_->boot);
  }
  void round_trip(EndId end) {
    EXPECT(stage_.talk().say(end, Verb::echo, 100));
    EXPECT(stage_.main().wait_until([&] { return stage_.talk().hear(end).has_value(); }));
  }

 private:
  Stage& stage_;
  std::unique_ptr<Life> life_;
};

// Serves another child for so long, and says how long a turn of main's loop took at most.
Clock::duration serve(Stage& stage, EndId other, std::chrono::milliseconds time) {
  Clock::duration longest{};
  const auto end = Clock::now() + time;
  do {
    EXPECT(stage.talk().say(other, Verb::echo, 1000));
    bool came = false;
    while (!came) {
      const auto before = Clock::now();
      stage.main().loop().dispatch();
      longest = std::max(longest, Clock::now() - before);
      came = stage.talk().hear(other).has_value();
      EXPECT(before < end + std::chrono::seconds(20));
    }
  } while (Clock::now() < end);
  return longest;
}

int post_until_refused(Stage& stage, EndId end, node::Room room) {
  int sent = 0;
  while (stage.talk().say(end, Verb::echo, filling, {}, room)) ++sent;
  return sent;
}

void hear_all(Stage& stage, EndId end, int count) {
  EXPECT(stage.main().wait_until([&] {
    while (auto note = stage.talk().hear(end)) {
      EXPECT(note->filling == filling);
      --count;
    }
    return count == 0;
  }));
}

void talk_to_a_stopped_child(Medium medium) {
  Stage stage(medium);
  {
    Sleeper sleeper(stage);
    const std::uint64_t heap = take_census().heap;
    sleeper.stop();
    const int sent = post_until_refused(stage, sleeper.boot(), node::Room::outbox);
    CHECK(sent >= static_cast<int>(outbox_bytes / filling));
    const auto [kept, lent] = stage.main().channel();
    const auto longest = serve(stage, stage.bystander(), stopped_for());
    CHECK(longest < longest_turn);
    CHECK(take_census().heap <= heap + outbox_bytes + beside_outbox);
    sleeper.go_on();
    hear_all(stage, sleeper.boot(), sent);
    stage.main().node().start(kept);
    EXPECT(stage.talk().say(sleeper.boot(), Verb::serve, 0, {lent}));
    sleeper.round_trip(kept);
    sleeper.end();
    CHECK(stage.main().closed(kept) == node::CloseReason::peer_exited);
    stage.main().node().close(kept);
  }
  stage.expect_as_before();
}

// Its messages are for a stopped child: main's memory is not where they wait.
void flood_a_stopped_child(Medium medium) {
  Stage stage(medium);
  {
    Sleeper sleeper(stage);
    const auto [one, two] = stage.main().channel();
    EXPECT(stage.talk().say(sleeper.boot(), Verb::serve, 0, {one}));
    EXPECT(stage.talk().say(stage.bystander(), Verb::serve, 0, {two}));
    sleeper.round_trip(sleeper.boot());
    const std::uint64_t heap = take_census().heap;
    sleeper.stop();
    EXPECT(stage.talk().say(stage.bystander(), Verb::flood));
    EXPECT(stage.main().wait_until([&] { return stage.talk().hear(stage.bystander()).has_value(); }));
    CHECK(serve(stage, stage.bystander(), stopped_for()) < longest_turn);
    CHECK(take_census().heap <= heap + beside_outbox);
    sleeper.go_on();
    sleeper.round_trip(sleeper.boot());
    sleeper.end();
  }
  stage.expect_as_before();
}

}  // namespace

TEST_CASE("stop: main and a third go on while a child is stopped, and everything arrives, over shared memory") {
  talk_to_a_stopped_child(Medium::shm);
}
TEST_CASE("stop: main and a third go on while a child is stopped, and everything arrives, over a pipe") {
  talk_to_a_stopped_child(Medium::pipe);
}
TEST_CASE("stop: what one child sends to a stopped one does not gather in main, over shared memory") {
  flood_a_stopped_child(Medium::shm);
}
TEST_CASE("stop: what one child sends to a stopped one does not gather in main, over a pipe") {
  flood_a_stopped_child(Medium::pipe);
}
