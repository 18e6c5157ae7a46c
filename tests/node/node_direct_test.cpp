// Links between children: made when a channel first needs one; main is in no message's path.
#include <doctest/doctest.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <optional>

#include "harness/foreign.hpp"
#include "harness/scripts.hpp"

using namespace mullion;
using namespace mullion::harness;
using namespace mullion::node;

namespace {

constexpr int rounds = 300;

void play(Child& self, EndId port) {
  for (int i = 0; i < rounds; ++i) {
    self.post(port, std::to_string(i));
    EXPECT(self.receive_text(port) == std::to_string(i));
  }
}

// Posts the ends of one channel to two children.
void introduce(Main& main, EndId one, EndId other) {
  auto [first, second] = main.channel();
  main.post(one, "a port", {first});
  main.post(other, "a port", {second});
}

std::uint64_t records_through_main(Main& main, const Started& child) {
  return main.broker().link_stats(child.id).records_in;
}

}  // namespace

MULLION_SCRIPT(returns_what_a_port_brings) {
  const EndId port = self.receive_port(self.boot());
  self.node().start(port);
  EXPECT(self.wait_until([&] {
    while (auto received = self.node().take(port)) EXPECT(self.node().post(port, received->body, received->ports));
    return self.node().closed(port).has_value();
  }));
}

MULLION_SCRIPT(plays_with_a_port) {
  const EndId port = self.receive_port(self.boot());
  self.post(port, "met");
  EXPECT(self.receive_text(port) == "met");
  self.post(self.boot(), "met");
  EXPECT(self.receive_text(self.boot()) == "go");
  play(self, port);
  self.post(self.boot(), std::to_string(self.child_node().direct_links().size()));
  self.receive(self.boot());
}

TEST_CASE("direct: two children whose ports meet have one link of their own, and main sees none of their records") {
  over_each_medium([](Main& main) {
    auto& player = main.start("plays_with_a_port");
    auto& other = main.start("returns_what_a_port_brings");
    introduce(main, player.boot, other.boot);
    EXPECT(main.receive_text(player.boot) == "met");
    const auto before = records_through_main(main, player) + records_through_main(main, other);
    main.post(player.boot, "go");
    EXPECT(main.receive_text(player.boot) == "1");
    EXPECT(records_through_main(main, player) + records_through_main(main, other) < before + 20);
    main.post(player.boot, "done");
  });
}

MULLION_SCRIPT(says_on_its_output_when_it_has_played) {
  const EndId port = self.receive_port(self.boot());
  self.post(port, "met");
  EXPECT(self.receive_text(port) == "met");
  EXPECT(write(STDOUT_FILENO, "met", 3) == 3);
  play(self, port);
  EXPECT(write(STDOUT_FILENO, "end", 3) == 3);
}

TEST_CASE("direct: while main does nothing at all two children talk") {
  over_each_process_medium([](Main& main) {
    const ChildOptions options{.role = "test",
                               .name = "player",
                               .arguments = {program("says_on_its_output_when_it_has_played")},
                               .output = Stdio::pipe,
                               .link = main.link_options()};
    bool ended = false;
    auto player = main.broker().spawn(options, {.exited = [&](ExitStatus) { ended = true; }});
    EXPECT(player);
    const UniqueFd output = main.broker().take_output(*player);
    auto& other = main.start("returns_what_a_port_brings");
    introduce(main, main.broker().boot_end(*player), other.boot);
    pollfd said{.fd = output.get(), .events = POLLIN, .revents = 0};
    EXPECT(main.wait_until([&] { return poll(&said, 1, 0) == 1; }));
    char text[4] = {};
    EXPECT(read(output.get(), text, 3) == 3);
    EXPECT(poll(&said, 1, 20'000) == 1);  // main's loop does not turn
    EXPECT(read(output.get(), text, 3) == 3);
    EXPECT(std::string(text) == "end");
    EXPECT(main.wait_until([&] { return ended; }));
  });
}

MULLION_SCRIPT(waits_without_its_loop) {
  const EndId port = self.receive_port(self.boot());
  self.node().start(port);
  for (int i = 0; i < rounds; ++i) {
    self.post(port, std::to_string(i));
    auto came = self.node().wait(port, 20'000'000'000);
    EXPECT(came && *came);
    EXPECT(self.node().take(port));
  }
  self.post(self.boot(), "done");
}

namespace {

void run_beside_one_that_returns(Main& main, std::string_view script) {
  auto& player = main.start(script);
  auto& other = main.start("returns_what_a_port_brings");
  introduce(main, player.boot, other.boot);
  EXPECT(main.receive_text(player.boot) == "done");
}

}  // namespace

TEST_CASE("direct: a child waits for another without its loop") {
  over_each_medium([](Main& main) { run_beside_one_that_returns(main, "waits_without_its_loop"); });
}

MULLION_SCRIPT(sends_ports_over_a_port) {
  const EndId port = self.receive_port(self.boot());
  for (int i = 0; i < 20; ++i) {
    auto [mine, yours] = self.channel();
    self.post(mine, "before it left");
    self.post(port, "a port", {yours});
    const EndId back = self.receive_port(port);
    EXPECT(self.receive_text(back) == "before it left");
    self.post(back, "home again");
    EXPECT(self.receive_text(mine) == "home again");
    self.node().close(back);
    EXPECT(self.closed(mine) == CloseReason::closed);
  }
  self.post(self.boot(), "done");
}

TEST_CASE("direct: ports travel over a direct link, there and back, with what they had not delivered") {
  over_each_medium([](Main& main) { run_beside_one_that_returns(main, "sends_ports_over_a_port"); });
}

MULLION_SCRIPT(posts_and_dies) {
  const EndId port = self.receive_port(self.boot());
  self.post(port, "met");
  EXPECT(self.receive_text(port) == "go");
  for (int i = 0; i < rounds; ++i) self.post(port, std::to_string(i));
  run_turns(self.loop());
  raise(SIGKILL);
}

MULLION_SCRIPT(counts_what_comes_before_the_end) {
  const EndId port = self.receive_port(self.boot());
  EXPECT(self.receive_text(port) == "met");
  self.post(port, "go");
  int count = 0;
  EXPECT(self.wait_until([&] {
    for (; auto received = self.node().take(port); ++count) {
      const std::string text(reinterpret_cast<const char*>(received->body.data()), received->body.size());
      EXPECT(text == std::to_string(count));
    }
    return self.node().closed(port).has_value();
  }));
  EXPECT(*self.node().closed(port) == CloseReason::peer_exited);
  EXPECT(self.child_node().direct_links().empty());
  self.post(self.boot(), std::to_string(count));
}

TEST_CASE("direct: what a child had posted before it was killed arrives, and then that it is gone") {
  over_each_process_medium([](Main& main) {
    auto& dies = main.start("posts_and_dies");
    auto& counts = main.start("counts_what_comes_before_the_end");
    introduce(main, dies.boot, counts.boot);
    EXPECT(main.receive_text(counts.boot) == std::to_string(rounds));
    EXPECT(main.wait_until([&] { return dies.exited.has_value(); }));
  });
}

MULLION_SCRIPT(moves_its_port_to_main) {
  const EndId port = self.receive_port(self.boot());
  self.post(port, "first");
  EXPECT(self.receive_text(port) == "first");
  self.post(port, "second");
  self.post(self.boot(), "a port", {port});
}

TEST_CASE("direct: a port that moves on from a child to main keeps its order") {
  over_each_medium([](Main& main) {
    auto& mover = main.start("moves_its_port_to_main");
    auto& other = main.start("returns_what_a_port_brings");
    introduce(main, mover.boot, other.boot);
    const EndId port = main.receive_port(mover.boot);
    EXPECT(main.receive_text(port) == "second");
    main.post(port, "third");
    EXPECT(main.receive_text(port) == "third");
    main.node().close(port);
  });
}

namespace {

// Starts a player in the sandbox and somebody to play with; how many links of its own the player says it has.
std::string links_of_a_sandboxed_player(transport::Medium medium, bool both) {
  auto main = Main::create(medium);
  const AdoptOptions options{.name = "foreign", .link = {.medium = medium, .sandboxed = true}};
  Foreign player("plays_with_a_port");
  std::optional<Foreign> echo;
  auto adopted = main->broker().adopt(player.take_end(), options, {});
  EXPECT(adopted);
  const EndId boot = main->broker().boot_end(*adopted);
  EndId others_boot = 0;
  if (both) {
    echo.emplace("returns_what_a_port_brings");
    auto other = main->broker().adopt(echo->take_end(), options, {});
    EXPECT(other);
    others_boot = main->broker().boot_end(*other);
  } else {
    others_boot = main->start("returns_what_a_port_brings").boot;
  }
  introduce(*main, boot, others_boot);
  EXPECT(main->receive_text(boot) == "met");
  main->post(boot, "go");
  const std::string links = main->receive_text(boot);
  main->post(boot, "done");
  EXPECT(main->closed(boot) == CloseReason::closed);
  EXPECT(player.join() == 0);
  main->destroy_broker();
  return links;
}

}  // namespace

TEST_CASE("direct: a process in the sandbox has links to others that are not, and main carries what two of them say") {
  for (auto medium : {transport::Medium::shm, transport::Medium::pipe}) {
    CAPTURE(medium);
    CHECK(links_of_a_sandboxed_player(medium, false) == "1");
    CHECK(links_of_a_sandboxed_player(medium, true) == "0");
  }
}

namespace {

// How often its threads have given up the cpu.
std::string switches(pid_t process) {
  std::string all;
  std::string line;
  for (const auto& thread : std::filesystem::directory_iterator("/proc/" + std::to_string(process) + "/task")) {
    std::ifstream status(thread.path() / "status");
    while (std::getline(status, line)) {
      if (line.find("voluntary_ctxt_switches") == 0) all += line;
    }
  }
  return all;
}

}  // namespace

TEST_CASE("direct: processes that have a link and nothing to say are never awake") {
  over_each_process_medium([](Main& main) {
    auto& player = main.start("plays_with_a_port");
    auto& other = main.start("returns_what_a_port_brings");
    introduce(main, player.boot, other.boot);
    EXPECT(main.receive_text(player.boot) == "met");
    main.post(player.boot, "go");
    EXPECT(main.receive_text(player.boot) == "1");
    for (const Started* child : {&player, &other}) {
      std::string before, now = switches(main.broker().pid(child->id));
      for (int looks = 0; looks < 100 && now != before; ++looks) {
        before = now;
        poll(nullptr, 0, 200);
        now = switches(main.broker().pid(child->id));
      }
      EXPECT(!now.empty());
      EXPECT(now == before);
    }
    main.post(player.boot, "done");
  });
}
