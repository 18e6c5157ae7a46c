#include <doctest/doctest.h>
#include <poll.h>
#include <signal.h>

#include <atomic>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <memory>
#include <random>
#include <thread>

#include "bystander.hpp"
#include "exchange.hpp"
#include "long_run.hpp"
#include "quiet_log.hpp"
#include "transport/segment.hpp"

using namespace mullion;
using namespace mullion::fault;
using transport::Medium;

namespace {

// ---- the hostile process

struct Memory {
  std::byte* start = nullptr;
  std::size_t size = 0;
};

// What this process writes of its links: mapped for writing and shared.
std::vector<Memory> own_memory() {
  std::vector<Memory> found;
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> maps(std::fopen("/proc/self/maps", "re"), std::fclose);
  char line[1024];
  while (maps && std::fgets(line, sizeof line, maps.get())) {
    unsigned long start = 0, end = 0;
    char rights[5] = {};
    if (std::sscanf(line, "%lx-%lx %4s", &start, &end, rights) != 3 || !std::strstr(line, "/memfd:mullion")) continue;
    if (std::string_view(rights) == "rw-s") found.push_back({reinterpret_cast<std::byte*>(start), end - start});
  }
  return found;
}

constexpr std::size_t head_bytes = sizeof(transport::SegmentHead);

class Scribbler {
 public:
  explicit Scribbler(std::uint32_t seed) : random_(seed), word_(seed % (head_bytes / 4)), only_one_(seed % 3 == 0) {}
  ~Scribbler() {
    stop_ = true;
    if (thread_.joinable()) thread_.join();
  }
  void begin() {
    thread_ = std::thread([this] {
      const auto memory = own_memory();
      const auto pause = random_() % 2000;
      while (!stop_ && !memory.empty()) {
        scribble(memory[random_() % memory.size()]);
        for (std::uint32_t i = 0; i < pause; ++i) std::atomic_signal_fence(std::memory_order_seq_cst);
      }
    });
  }

 private:
  void scribble(const Memory& memory) {
    std::size_t words = memory.size / 4;
    if (only_one_ || random_() % 2 == 0) words = head_bytes / 4;
    const std::size_t word = only_one_ ? word_ : random_() % words;
    std::atomic_ref(reinterpret_cast<std::uint32_t*>(memory.start)[word]).store(value(), std::memory_order_relaxed);
  }
  // Anything, what looks like a position or a length, and nothing.
  std::uint32_t value() {
    switch (random_() % 4) {
      case 0:
        return random_();
      case 1:
        return random_() % 512 * 64;
      case 2:
        return random_() % 512 * 64 + 1;
      default:
        return random_() % 2;
    }
  }

  std::mt19937 random_;
  const std::size_t word_;
  const bool only_one_;  // writes one word of the head all the time; together the seeds write each
  std::atomic<bool> stop_ = false;
  std::thread thread_;
};

MULLION_SCRIPT(scribbles) {
  Bystander honest(self.node(), self.boot());
  EXPECT(self.wait_until([&] { return self.child_node().medium() == Medium::shm; }));
  const auto& name = self.boot();
  Scribbler scribbler(static_cast<std::uint32_t>(name >> 40));  // which child this is
  scribbler.begin();
  (void)self.wait_until([&] { return honest.over() || !self.node().open(); });
  std::_Exit(0);
}

// ---- main

constexpr bool slow = calls_at_once > 1;  // a sanitizer's processes take that long to begin
constexpr std::chrono::milliseconds answer_time{slow ? 400 : 20};
constexpr std::size_t fillings[] = {0, 100, 3000, 20 * 1024, 100 * 1024, 300 * 1024};

void serve_bystander(Stage& stage) {
  EXPECT(stage.talk().say(stage.bystander(), Verb::echo, 5000));
  EXPECT(stage.main().wait_until([&] { return stage.talk().hear(stage.bystander()).has_value(); }));
}

void let_go(Stage& stage, EndId end) {
  while (auto received = stage.main().node().take(end))
    for (const EndId port : received->ports) stage.main().node().close(port);
  stage.main().node().close(end);
}

// The bystander and the child have a channel too, and with it a link of their own.
void introduce(Stage& stage, EndId child) {
  const auto [one, two] = stage.main().channel();
  Talk talk(stage.main().node());
  if (!talk.say(child, Verb::serve, 0, {one})) stage.main().node().close(one);
  EXPECT(stage.talk().say(stage.bystander(), Verb::serve_stranger, 0, {two}));
}

// True: the child was cut off for what it wrote.
bool talk_to_a_scribbler(Stage& stage) {
  auto life = start(stage.main(), "scribbles");
  EXPECT(life);
  stage.main().node().start(life->boot);
  const auto [kept, lent] = stage.main().channel();
  stage.main().node().start(kept);
  introduce(stage, life->boot);
  Talk talk(stage.main().node());  // what it says counts for nothing
  if (!talk.say(life->boot, Verb::serve, 0, {lent})) stage.main().node().close(lent);
  bool answered = true;
  for (std::size_t i = 0; i < 3 * std::size(fillings) && answered && !life->link_failed; ++i) {
    const EndId end = i % 2 ? kept : life->boot;
    talk.say(end, Verb::echo, fillings[i % std::size(fillings)]);
    answered = harness::run_until(
        stage.main().loop(),
        [&] {
          bool came = false;
          while (auto note = talk.hear(end)) {
            for (const EndId port : note->ports) stage.main().node().close(port);
            came = true;
          }
          return came || stage.main().node().closed(end);
        },
        answer_time);
    EXPECT(stage.talk().say(stage.bystander(), Verb::call));
    if (i % 6 == 0) serve_bystander(stage);
  }
  (void)stage.main().broker().kill(life->id, SIGKILL);
  expect_exit(stage.main(), *life);
  let_go(stage, kept);
  let_go(stage, life->boot);
  if (life->link_failed) EXPECT(life->link_failed->code == "protocol");
  return life->link_failed.has_value();
}

}  // namespace

TEST_CASE("scribble: a child writes anything into its side of the link while it is used; others do not notice") {
  const QuietLog quiet;
  Stage stage(Medium::shm);
  const int rounds = long_run() ? 20'000 : slow ? 40 : 300;
  int cut_off = 0;
  for (int i = 0; i < rounds; ++i) cut_off += talk_to_a_scribbler(stage);
  serve_bystander(stage);
  stage.expect_as_before();
  MESSAGE("of ", rounds, " children that wrote into their memory ", cut_off, " were cut off");
  CHECK(cut_off > 0);
}
