#include <doctest/doctest.h>
#include <signal.h>

#include <array>
#include <cstdio>

#include "harness/scripts.hpp"

using namespace mullion;
using namespace mullion::harness;
using node::CloseReason;
using node::EndId;
using transport::Medium;

namespace {

constexpr int many = 32;
constexpr std::size_t quota = 4u << 20;
const std::vector<std::byte> block(64 * 1024);

// Consumes every message as it comes.
struct Ear final : node::EndObserver {
  bool on_parcel(node::Bytes body) override {
    ++heard;
    last.assign(reinterpret_cast<const char*>(body.data()), body.size());
    return true;
  }
  void on_parcel_ready() override {}
  void on_closed(CloseReason) override {}
  std::size_t heard = 0;
  std::string last;
};

std::vector<EndId> give_ports(Main& main, Started& child, int count) {
  std::vector<EndId> mine;
  for (int i = 0; i < count; ++i) {
    auto [here, there] = main.channel();
    main.post(child.boot, "a port", {there});
    mine.push_back(here);
  }
  return mine;
}

std::vector<EndId> receive_ports(Child& self, int count) {
  std::vector<EndId> ports;
  for (int i = 0; i < count; ++i) ports.push_back(self.receive_port(self.boot()));
  return ports;
}

// Posts until each port has all that it may, or is closed.
void fill(Child& self, const std::vector<EndId>& ports) {
  for (EndId port : ports) {
    self.node().start(port);
    while (!self.node().closed(port) && self.node().post(port, block, {}, node::Room::credit))
      run_turns(self.loop(), 1);
  }
}

std::size_t resident_bytes() {
  std::FILE* file = std::fopen("/proc/self/statm", "r");
  unsigned long all = 0, resident = 0;
  EXPECT(file && std::fscanf(file, "%lu %lu", &all, &resident) == 2);
  std::fclose(file);
  return resident * 4096;
}

#ifdef __SANITIZE_ADDRESS__
constexpr bool memory_is_ours = false;  // what was freed is held back
#else
constexpr bool memory_is_ours = true;
#endif

}  // namespace

MULLION_SCRIPT(floods_many_ports) {
  fill(self, receive_ports(self, many));
  self.post(self.boot(), "done");
  EXPECT(self.closed(self.boot()) == CloseReason::closed);
}

TEST_CASE("flood: main keeps no more of a child's messages than its quota, over however many ports they come") {
  for (Medium medium : {Medium::pipe, Medium::shm}) {
    auto main = Main::create(medium, {.quotas = {.kept_bytes = quota}});
    auto& child = main->start("floods_many_ports");
    auto& neighbour = main->start("echoes_until_closed");
    auto ports = give_ports(*main, child, many);
    Ear ear;
    main->node().observe(child.boot, &ear);
    main->node().start(child.boot);
    const std::size_t before = resident_bytes();
    EXPECT(main->wait_until([&] { return ear.last == "done"; }));
    const std::size_t grown = resident_bytes() - before;
    CHECK((!memory_is_ours || grown < 4 * quota));
    main->post(neighbour.boot, "still there?");
    EXPECT(main->receive_text(neighbour.boot) == "still there?");
    std::size_t got = 0, refused = 0;
    for (EndId port : ports) {
      main->node().start(port);
      while (main->node().take(port)) ++got;
      if (main->wait_until([&] { return main->node().closed(port).has_value(); }))
        refused += main->node().closed(port) == CloseReason::refused;
    }
    CHECK(got > 0);
    CHECK(got * block.size() <= quota);
    CHECK(refused == many);
    main->node().close(child.boot);
    main->node().close(neighbour.boot);
    main->finish();
  }
}

MULLION_SCRIPT(floods_four_ports_and_answers) {
  const auto ports = receive_ports(self, 4);
  for (EndId port : ports) self.post(port, "hello");
  EXPECT(self.receive_text(self.boot()) == "flood");
  fill(self, ports);
  self.post(self.boot(), "done");
  EXPECT(self.receive_text(self.boot()) == "ping");
  self.post(self.boot(), "pong");
  for (EndId port : ports) self.node().close(port);
}

MULLION_SCRIPT(counts_what_comes_over_four_ports) {
  const auto ports = receive_ports(self, 4);
  for (EndId port : ports) EXPECT(self.receive_text(port) == "hello");
  self.post(self.boot(), "ready");
  int count = 0, refused = 0;
  for (EndId port : ports) {
    EXPECT(self.wait_until([&] {
      while (self.node().take(port)) ++count;
      return self.node().closed(port).has_value();
    }));
    refused += self.node().closed(port) == CloseReason::refused;
  }
  self.post(self.boot(), std::to_string(refused) + " refused, messages: " + std::to_string(count));
}

namespace {

// Floods a process that is stopped, by way of main, with more than the link to it takes. What that process says of it.
std::string flood_one_that_is_stopped(Medium medium, node::Quotas quotas) {
  quotas.links = 0;
  auto main = Main::create(medium, {.quotas = quotas});
  main->link_options().queue_bytes = 1u << 20;
  auto& reader = main->start("counts_what_comes_over_four_ports");
  auto& writer = main->start("floods_four_ports_and_answers");
  for (int i = 0; i < 4; ++i) {
    auto [one, two] = main->channel();
    main->post(reader.boot, "a port", {one});
    main->post(writer.boot, "a port", {two});
  }
  EXPECT(main->receive_text(reader.boot) == "ready");
  EXPECT(main->broker().kill(reader.id, SIGSTOP));
  main->post(writer.boot, "flood");
  EXPECT(main->receive_text(writer.boot) == "done");
  main->post(writer.boot, "ping");
  EXPECT(main->receive_text(writer.boot) == "pong");
  EXPECT(main->broker().kill(reader.id, SIGCONT));
  const std::string counted = main->receive_text(reader.boot);
  main->finish();
  return counted;
}

}  // namespace

TEST_CASE(
    "flood: who writes much to a process that does not read can still talk with everybody else, and loses nothing") {
  const std::string all = std::to_string(4 * 64);
  CHECK(flood_one_that_is_stopped(Medium::shm, {}) == "0 refused, messages: " + all);
  CHECK(flood_one_that_is_stopped(Medium::pipe, {}) == "0 refused, messages: " + all);
}

TEST_CASE("flood: what waits in main for a process that does not read is bounded by its writer's quota") {
  for (Medium medium : {Medium::shm, Medium::pipe}) {
    const std::string counted = flood_one_that_is_stopped(medium, {.kept_bytes = 2u << 20});
    CAPTURE(counted);
    CHECK_FALSE(counted.starts_with("0 refused"));
  }
}

TEST_CASE("flood: another child has its turn") {
  auto loop = *Loop::create();
  auto broker = *node::Broker::create(*loop);
  struct Joined {
    std::unique_ptr<node::ChildNode> child;
    Ear ear{};
  };
  std::array<Joined, 2> children;
  for (Joined& joined : children) {
    auto [ours, theirs] = transport::Link::in_process(*loop, *loop, {});
    auto id = *broker->adopt(std::move(ours), "child", {});
    joined.child = *node::ChildNode::join(*loop, std::move(theirs), id);
    broker->node().observe(broker->boot_end(id), &joined.ear);
    broker->node().start(broker->boot_end(id));
  }
  run_turns(*loop, 20);
  auto& [flood, other] = children;
  std::size_t posted = 0;
  const std::array<std::byte, 64> small{};
  while (posted < 20'000) posted += flood.child->node().post(flood.child->boot_end(), small).has_value();
  REQUIRE(other.child->node().post(other.child->boot_end(), small));
  CHECK(run_until(*loop, [&, ear = &other.ear] { return ear->heard == 1; }));
  CHECK(flood.ear.heard <= 2 * 1024);
  CHECK(run_until(*loop, [&, ear = &flood.ear] { return ear->heard == posted; }));
}
