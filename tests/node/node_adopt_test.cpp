// Processes that somebody else started, behind Chromium's kernel filter.
#include <doctest/doctest.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/foreign.hpp"
#include "harness/scripts.hpp"

using namespace mullion;
using namespace mullion::harness;
using node::CloseReason;
using node::EndId;
using transport::Medium;

MULLION_SCRIPT(adopted_shouts) { self.post(self.boot(), self.receive_text(self.boot()) + "!"); }

MULLION_SCRIPT(adopted_uses_a_port) {
  const EndId port = self.receive_port(self.boot());
  for (int i = 0; i < 100; ++i) self.post(port, self.receive_text(port));
  self.post(port, std::string(1'000'000, 'x'));
  self.post(self.boot(), "over");
  EXPECT(self.closed(port) == CloseReason::closed);
}

MULLION_SCRIPT(adopted_stays_until_main_is_gone) {
  self.post(self.boot(), "here");
  self.wait_until([&] { return !self.node().open(); });
  EXPECT(!self.node().open());
}

MULLION_SCRIPT(adopted_hangs_up_and_stays) {
  self.child_node().disconnect();
  pause();
}

MULLION_SCRIPT(started_answers) {
  const EndId port = self.receive_port(self.boot());
  self.post(port, self.receive_text(port) + " and back");
}

namespace {

// A foreign process and main's knowledge of it.
struct Adopted {
  explicit Adopted(Main& main, std::string_view script, Medium medium, Foreign::Parent parent = Foreign::Parent::us)
      : main(main), process(script, parent) {
    auto adopted =
        main.broker().adopt(process.take_end(), {.name = "foreign", .link = {.medium = medium, .sandboxed = true}},
                            {.link_failed = [this](const Error& why) { failed = why; },
                             .exited = [this](node::ExitStatus status) { exited = status; }});
    EXPECT(adopted);
    id = *adopted;
    boot = main.broker().boot_end(id);
  }
  bool await_exit() {
    return main.wait_until([&] { return exited.has_value(); });
  }

  Main& main;
  Foreign process;
  node::ChildId id = 0;
  EndId boot = 0;
  std::optional<Error> failed{};
  std::optional<node::ExitStatus> exited{};
};

void over_each(void (*body)(Main& main, Medium medium)) {
  for (const Medium medium : {Medium::shm, Medium::pipe}) {
    CAPTURE(to_string(medium));
    auto main = Main::create(medium);
    body(*main, medium);
  }
}

}  // namespace

TEST_CASE("adopt: a process in the sandbox takes part, and main knows its pid, its memory and its end") {
  over_each([](Main& main, Medium medium) {
    Adopted adopted(main, "adopted_shouts", medium);
    CHECK(main.broker().pid(adopted.id) == adopted.process.pid());
    CHECK(main.broker().memory_bytes(adopted.id) > 0);
    main.post(adopted.boot, "hello");
    CHECK(main.receive_text(adopted.boot) == "hello!");
    CHECK(main.closed(adopted.boot) == CloseReason::closed);
    REQUIRE(adopted.await_exit());
    CHECK_FALSE(adopted.failed);
    CHECK_FALSE(main.broker().running(adopted.id));
    CHECK(adopted.process.join() == 0);  // main left it to be reaped by its parent
  });
}

TEST_CASE("adopt: ports and large messages reach it") {
  over_each([](Main& main, Medium medium) {
    Adopted adopted(main, "adopted_uses_a_port", medium);
    auto [mine, yours] = main.channel();
    main.post(adopted.boot, "a port", {yours});
    for (int i = 0; i < 100; ++i) main.post(mine, std::to_string(i));
    for (int i = 0; i < 100; ++i) CHECK(main.receive_text(mine) == std::to_string(i));
    CHECK(main.receive_text(mine).size() == 1'000'000);
    CHECK(main.receive_text(adopted.boot) == "over");
    CHECK(main.broker().medium(adopted.id) == medium);
    main.node().close(mine);
    REQUIRE(adopted.await_exit());
    CHECK(adopted.process.join() == 0);
  });
}

TEST_CASE("adopt: a port between it and a child that main started") {
  over_each([](Main& main, Medium medium) {
    Adopted adopted(main, "started_answers", medium);
    auto& child = main.start("started_answers");
    auto [one, two] = main.channel();
    main.post(adopted.boot, "a port", {one});
    auto [three, four] = main.channel();
    main.post(child.boot, "a port", {three});
    main.post(two, "there");
    main.post(four, "here");
    CHECK(main.receive_text(two) == "there and back");
    CHECK(main.receive_text(four) == "here and back");
    main.finish(child);
    REQUIRE(adopted.await_exit());
  });
}

TEST_CASE("adopt: what is killed is reported, by main's signal or another's") {
  over_each([](Main& main, Medium medium) {
    for (const bool by_main : {true, false}) {
      Adopted adopted(main, "adopted_stays_until_main_is_gone", medium);
      CHECK(main.receive_text(adopted.boot) == "here");
      CHECK((by_main ? main.broker().kill(adopted.id, SIGKILL).has_value()
                     : ::kill(adopted.process.pid(), SIGKILL) == 0));
      REQUIRE(adopted.await_exit());
      CHECK(adopted.exited->signal == SIGKILL);
      CHECK_FALSE(adopted.failed);
      CHECK(main.closed(adopted.boot) == CloseReason::peer_exited);
      CHECK_FALSE(main.broker().kill(adopted.id, SIGKILL));
      CHECK(WTERMSIG(adopted.process.join()) == SIGKILL);
    }
  });
}

TEST_CASE("adopt: of another program's child the end is reported, and its code is unknown") {
  over_each([](Main& main, Medium medium) {
    Adopted adopted(main, "adopted_shouts", medium, Foreign::Parent::other);
    CHECK(main.broker().pid(adopted.id) != adopted.process.pid());
    main.post(adopted.boot, "hello");
    CHECK(main.receive_text(adopted.boot) == "hello!");
    REQUIRE(adopted.await_exit());
    CHECK_FALSE(adopted.exited->known);
    CHECK(adopted.process.join() == 0);
  });
}

TEST_CASE("adopt: one that hangs up and lives on is reported and left alone, until it ends") {
  auto main = Main::create(Medium::shm);
  Adopted adopted(*main, "adopted_hangs_up_and_stays", Medium::shm);
  REQUIRE(main->wait_until([&] { return adopted.failed.has_value(); }));
  CHECK(adopted.failed->code == "closed");
  CHECK_FALSE(adopted.exited);
  CHECK(main->broker().running(adopted.id));
  CHECK(main->broker().kill(adopted.id, SIGKILL));
  CHECK(adopted.await_exit());
}

TEST_CASE("adopt: it sees main gone by the end of its link, and the broker's end kills none that it did not start") {
  over_each([](Main& main, Medium medium) {
    Adopted adopted(main, "adopted_stays_until_main_is_gone", medium);
    CHECK(main.receive_text(adopted.boot) == "here");
    main.destroy_broker();
    CHECK(adopted.process.join() == 0);  // its script ran to the end
  });
}

TEST_CASE("adopt: a socket that main made, or whose process is gone, is refused") {
  auto main = Main::create(Medium::shm);
  auto own = transport::Link::socket_pair();
  auto refused = main->broker().adopt(std::move(own->first), {}, {});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == Kind::denied);
  Foreign process("adopted_shouts");
  UniqueFd end = process.take_end();
  ::kill(process.pid(), SIGKILL);
  process.join();
  auto gone = main->broker().adopt(std::move(end), {}, {});
  REQUIRE_FALSE(gone);
  CHECK(gone.error().kind == Kind::disconnected);
}

TEST_CASE("adopt: a welcome that does not come, is none, or whose sender hangs up is an error") {
  auto ends = transport::Link::socket_pair();
  REQUIRE(ends);
  CHECK(node::ChildNode::welcomed(ends->first.get(), 1).error().code == "timeout");
  CHECK(::write(ends->second.get(), "no welcome", 10) == 10);
  CHECK(node::ChildNode::welcomed(ends->first.get(), 1).error().code == "protocol");
  ends->second.reset();
  CHECK(node::ChildNode::welcomed(ends->first.get(), 1).error().code == "closed");
}
