#include <doctest/doctest.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/scripts.hpp"
#include "node/spawn.hpp"

using namespace mullion;
using namespace mullion::harness;
using node::CloseReason;
using node::EndId;
using transport::Medium;

MULLION_SCRIPT(holds_a_port_until_main_is_gone) {
  const EndId port = self.receive_port(self.boot());
  self.post(port, "holding");
  self.wait_until([&] { return !self.node().open(); });
}

MULLION_SCRIPT(posts_on_a_port_and_dies) {
  const EndId port = self.receive_port(self.boot());
  EXPECT(self.receive_text(port) == "go");  // from now on what is posted leaves at once
  for (int i = 0; i < 100; ++i) self.post(port, std::to_string(i));
  self.post(self.boot(), "posted");
  self.wait_until([] { return false; });
}

MULLION_SCRIPT(tells_how_its_port_ended) {
  const EndId port = self.receive_port(self.boot());
  self.post(self.boot(), self.receive_text(port));
  self.post(self.boot(), std::string(to_string(self.closed(port))));
}

MULLION_TEST_PROGRAM(exits_with_three_at_once) { return 3; }

TEST_CASE("death: a killed child's ports close with peer-exited, others are untouched") {
  over_each_process_medium([](Main& main) {
    auto& victim = main.start("holds_a_port_until_main_is_gone");
    auto& other = main.start("echoes_until_closed");
    auto [mine, yours] = main.channel();
    main.post(victim.boot, "a port", {yours});
    EXPECT(main.receive_text(mine) == "holding");
    main.kill(victim);
    EXPECT(main.closed(mine) == CloseReason::peer_exited);
    EXPECT(main.closed(victim.boot) == CloseReason::peer_exited);
    EXPECT(!victim.link_failed);
    main.post(other.boot, "still");
    EXPECT(main.receive_text(other.boot) == "still");
    main.node().close(other.boot);
  });
}

TEST_CASE("death: what a killed child had sent arrives before the close") {
  over_each_process_medium([](Main& main) {
    auto& victim = main.start("posts_on_a_port_and_dies");
    auto [mine, yours] = main.channel();
    main.post(victim.boot, "a port", {yours});
    main.post(mine, "go");
    EXPECT(main.receive_text(victim.boot) == "posted");
    main.kill(victim);
    for (int i = 0; i < 100; ++i) EXPECT(main.receive_text(mine) == std::to_string(i));
    EXPECT(main.closed(mine) == CloseReason::peer_exited);
  });
}

TEST_CASE("death: a killed child's peers in another child are told") {
  over_each_process_medium([](Main& main) {
    auto& victim = main.start("holds_a_port_until_main_is_gone");
    auto& witness = main.start("tells_how_its_port_ended");
    auto [one, two] = main.channel();
    main.post(victim.boot, "a port", {one});
    main.post(witness.boot, "a port", {two});
    EXPECT(main.receive_text(witness.boot) == "holding");
    main.kill(victim);
    EXPECT(main.receive_text(witness.boot) == "peer-exited");
  });
}

TEST_CASE("death: a port on its way to a child that is killed closes its peer") {
  over_each_process_medium([](Main& main) {
    auto& victim = main.start("never_takes_its_mail");
    auto [mine, yours] = main.channel();
    main.post(victim.boot, "a port", {yours});
    EXPECT(main.wait_until([&] { return main.broker().medium(victim.id) == main.medium(); }));
    main.kill(victim);
    EXPECT(main.closed(mine) == CloseReason::peer_exited);
  });
}

TEST_CASE("death: a child that leaves without a word is gone for its peers") {
  over_each_medium([](Main& main) {
    auto& child = main.start("never_takes_its_mail");
    auto [mine, yours] = main.channel();
    main.post(child.boot, "a port", {yours});
    main.broker().disconnect(child.id);
    EXPECT(main.closed(mine) == CloseReason::peer_exited);
    main.finish(child);
  });
}

TEST_CASE("death: a child that exits at once is reported with its code, and its boot end closes") {
  for (Medium medium : {Medium::pipe, Medium::shm}) {
    auto main = Main::create(medium);
    std::vector<int> codes;
    bool failed = false;
    auto child = main->broker().spawn(
        {.role = "test", .arguments = {program("exits_with_three_at_once")}, .link = main->link_options()},
        {.link_failed = [&](const Error&) { failed = true; },
         .exited = [&](node::ExitStatus status) { codes.push_back(status.code); }});
    REQUIRE(child);
    const EndId boot = main->broker().boot_end(*child);
    main->post(boot, "to nobody");
    CHECK(main->closed(boot) == CloseReason::peer_exited);
    CHECK(main->wait_until([&] { return !codes.empty(); }));
    run_turns(main->loop());
    CHECK(codes == std::vector{3});
    CHECK_FALSE(failed);
  }
}

TEST_CASE("death: an executable that is missing is an error, and the broker goes on") {
  over_each_process_medium([](Main& main) {
    for (int i = 0; i < 3; ++i) {
      auto missing = main.broker().spawn({.executable = "/nowhere/at-all"}, {});
      EXPECT(!missing);
      EXPECT(missing.error().code == "ENOENT");
    }
    auto& child = main.start("shouts");
    main.post(child.boot, "hello");
    EXPECT(main.receive_text(child.boot) == "hello!");
  });
}

TEST_CASE("death: destroying the broker kills and reaps every child") {
  for (Medium medium : {Medium::pipe, Medium::shm}) {
    std::vector<UniqueFd> children;
    {
      auto main = Main::create(medium);
      for (int i = 0; i < 3; ++i) {
        auto& child = main->start("never_takes_its_mail");
        children.emplace_back(static_cast<int>(syscall(SYS_pidfd_open, main->broker().pid(child.id), 0)));
      }
    }
    for (auto& child : children) {
      pollfd ended{.fd = child.get(), .events = POLLIN, .revents = 0};
      CHECK(poll(&ended, 1, 0) == 1);
    }
    CHECK(waitpid(-1, nullptr, WNOHANG) < 0);
  }
}

// ---- main's death

// Starts children that hold ports to each other, tells their process ids, and waits to be killed.
MULLION_TEST_PROGRAM(main_of_two_children) {
  const Medium medium = *transport::parse_medium(argv[argc - 1]);
  auto main = Main::create(medium);
  auto& first = main->start("holds_a_port_until_main_is_gone");
  auto& second = main->start("holds_a_port_until_main_is_gone");
  auto [one, two] = main->channel();
  main->post(first.boot, "a port", {one});
  main->post(second.boot, "a port", {two});
  main->wait_until([&] { return main->broker().medium(second.id) == medium; });
  const pid_t children[] = {main->broker().pid(first.id), main->broker().pid(second.id)};
  (void)!write(1, children, sizeof children);
  main->wait_until([] { return false; });
  return 0;
}

MULLION_TEST_PROGRAM(main_of_a_child_that_is_busy) {
  auto main = Main::create(*transport::parse_medium(argv[argc - 1]));
  const pid_t child[] = {main->broker().pid(main->start("computes_for_ever").id), 0};
  (void)!write(1, child, sizeof child);
  main->wait_until([] { return false; });
  return 0;
}

MULLION_SCRIPT(computes_for_ever) {
  for (volatile bool busy = true; busy;) continue;
}

namespace {

// Kills a main and expects that the processes it told of end.
void expect_children_to_end(const char* main_program, Medium medium) {
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  auto main = node::spawn({.arguments = {program(main_program), std::string(to_string(medium))},
                           .output = node::Stdio::pipe});
  REQUIRE(main);
  pid_t children[2] = {};
  REQUIRE(read(main->output.get(), children, sizeof children) == sizeof children);
  std::vector<UniqueFd> ends;
  for (pid_t child : children)
    if (child > 0) ends.emplace_back(static_cast<int>(syscall(SYS_pidfd_open, child, 0)));
  kill(main->pid, SIGKILL);
  for (auto& end : ends) {
    pollfd ended{.fd = end.get(), .events = POLLIN, .revents = 0};
    CHECK(poll(&ended, 1, 20'000) == 1);
  }
  while (waitpid(-1, nullptr, 0) > 0) continue;
  prctl(PR_SET_CHILD_SUBREAPER, 0);
}

}  // namespace

TEST_CASE("death: when main is killed its children end, busy ones too") {
  for (Medium medium : {Medium::pipe, Medium::shm}) {
    expect_children_to_end("main_of_two_children", medium);
    expect_children_to_end("main_of_a_child_that_is_busy", medium);
  }
}
