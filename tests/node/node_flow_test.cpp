#include <doctest/doctest.h>

#include "harness/scripts.hpp"

using namespace mullion;
using namespace mullion::harness;
using node::CloseReason;
using node::EndId;

namespace {

struct Drained final : node::EndObserver {
  int times = 0;
  void on_parcel_ready() override {}
  void on_drained() override { ++times; }
  void on_closed(CloseReason) override {}
};

const std::vector<std::byte> block(64 * 1024);

// Posts within credit until it is refused; how many went.
int fill(node::Node& node, EndId end) {
  int count = 0;
  for (; count < 100'000; ++count) {
    auto posted = node.post(end, block, {}, node::Room::credit);
    if (posted) continue;
    EXPECT(posted.error().kind == Kind::overloaded);
    return count;
  }
  fail(__FILE__, __LINE__, "never refused");
}

}  // namespace

// Reads nothing from its port until it is told to; then counts until the port closes.
MULLION_SCRIPT(reads_when_told) {
  const EndId port = self.receive_port(self.boot());
  self.receive(self.boot());
  self.node().start(port);
  int count = 0;
  EXPECT(self.wait_until([&] {
    while (self.node().take(port)) ++count;
    return self.node().closed(port).has_value();
  }));
  self.post(self.boot(), std::to_string(count));
}

TEST_CASE("flow: try_post stops at the window of a reader that does not read, and goes on when it does") {
  over_each_medium([](Main& main) {
    auto& child = main.start("reads_when_told");
    auto [mine, yours] = main.channel();
    Drained drained;
    main.node().observe(mine, &drained);
    main.post(child.boot, "a port", {yours});
    int posted = fill(main.node(), mine);
    EXPECT(posted >= 32);
    EXPECT(posted <= 130);
    EXPECT(drained.times == 0);
    main.post(child.boot, "read");
    EXPECT(main.wait_until([&] { return drained.times == 1; }));
    posted += fill(main.node(), mine);
    main.node().close(mine);
    EXPECT(main.receive_text(child.boot) == std::to_string(posted));
  });
}

TEST_CASE("flow: post stops at the hard bound of an end, and its neighbours do not notice") {
  over_each_medium([](Main& main) {
    auto& child = main.start("reads_when_told");
    auto& neighbour = main.start("echoes_until_closed");
    auto [mine, yours] = main.channel();
    main.post(child.boot, "a port", {yours});
    int posted = 0;
    Result<> last;
    while ((last = main.node().post(mine, block))) ++posted;
    EXPECT(last.error().kind == Kind::overloaded);
    EXPECT(posted * block.size() >= (60u << 20));
    EXPECT(posted * block.size() <= (70u << 20));
    main.post(neighbour.boot, "still there?");
    EXPECT(main.receive_text(neighbour.boot) == "still there?");
    main.node().close(neighbour.boot);
    main.post(child.boot, "read");
    main.node().close(mine);
    EXPECT(main.receive_text(child.boot) == std::to_string(posted));
  });
}

MULLION_SCRIPT(fills_a_port_that_nobody_reads) {
  const EndId port = self.receive_port(self.boot());
  self.post(self.boot(), std::to_string(fill(self.node(), port)));
  EXPECT(self.receive_text(self.boot()) == "ping");  // the boot channel does not wait behind it
  self.post(self.boot(), "pong");
}

TEST_CASE("flow: a child's port that nobody reads holds up no other") {
  over_each_medium([](Main& main) {
    auto& child = main.start("fills_a_port_that_nobody_reads");
    auto [mine, yours] = main.channel();
    main.post(child.boot, "a port", {yours});
    const int posted = std::stoi(main.receive_text(child.boot));
    EXPECT(posted <= 130);
    main.post(child.boot, "ping");
    EXPECT(main.receive_text(child.boot) == "pong");
    main.node().start(mine);
    int count = 0;
    EXPECT(main.wait_until([&] {
      while (main.node().take(mine)) ++count;
      return main.node().closed(mine).has_value();
    }));
    EXPECT(count == posted);
  });
}

TEST_CASE("flow: between two children, through main, the same holds") {
  over_each_medium([](Main& main) {
    auto& writer = main.start("fills_a_port_that_nobody_reads");
    auto& reader = main.start("reads_when_told");
    auto [one, two] = main.channel();
    main.post(writer.boot, "a port", {one});
    main.post(reader.boot, "a port", {two});
    const std::string posted = main.receive_text(writer.boot);
    main.post(writer.boot, "ping");
    EXPECT(main.receive_text(writer.boot) == "pong");
    main.post(reader.boot, "read");
    EXPECT(main.receive_text(reader.boot) == posted);
  });
}

TEST_CASE("flow: a process that has as many ends as it may makes no more") {
  auto loop = *Loop::create();
  auto broker = *node::Broker::create(*loop);
  auto [ours, theirs] = transport::Link::in_process(*loop, *loop, {});
  auto id = *broker->adopt(std::move(ours), "child", {});
  auto child = *node::ChildNode::join(*loop, std::move(theirs), id);
  std::size_t channels = 0;
  Result<std::pair<EndId, EndId>> last;
  while ((last = child->node().create_channel())) ++channels;
  CHECK(last.error().kind == Kind::overloaded);
  CHECK(channels == (node::Quotas{}.ends - 1) / 2);
  run_turns(*loop, 50);
  CHECK(child->node().open());
}
