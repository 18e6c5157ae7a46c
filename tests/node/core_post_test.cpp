#include <doctest/doctest.h>

#include "model/world.hpp"
#include "node/core_record.hpp"

namespace mullion::node::core::testing {
namespace {

using model::World;

struct Fixture {
  explicit Fixture(PortsOptions options = {}) : ports((options.node = 2, options), sink) {}
  Result<> post(EndId end, std::string_view text, std::vector<EndId> carried = {}, PostRoom room = PostRoom::outbox) {
    Bytes part = bytes(text);
    return ports.post(end, {&part, 1}, carried, room);
  }
  std::string take(EndId end) {
    auto taken = ports.take(end);
    if (!taken) return "nothing";
    return {reinterpret_cast<const char*>(taken->body.data()), taken->body.size()};
  }
  // An end whose peer is reached over the broker, with all the credit that `options` gives.
  EndId remote() {
    EndId end = boot_end_of_child(2);
    ports.adopt(end);
    sink.sent.clear();
    return end;
  }

  PortsRecorder sink;
  Ports ports;
};

}  // namespace

TEST_CASE("core, post: waits until the other end is started, then comes in order") {
  Fixture f;
  auto [a, b] = *f.ports.create();
  CHECK(f.post(a, "one"));
  CHECK(f.post(a, "two"));
  CHECK(f.take(b) == "nothing");
  CHECK(f.sink.readied.empty());
  f.ports.start(b);
  CHECK(f.sink.readied == std::vector{b});
  CHECK(f.take(b) == "one");
  CHECK(f.take(b) == "two");
  CHECK(f.take(b) == "nothing");
}

TEST_CASE("core, post: from an end that is not here is an error") {
  Fixture f;
  auto result = f.post(make_end(2, 7, 0), "x");
  REQUIRE_FALSE(result);
  CHECK(result.error().kind == Kind::invalid);
  CHECK(result.error().code == "port");
}

TEST_CASE("core, post: each bad port is named by its place, and nothing has left") {
  Fixture f;
  auto [a, b] = *f.ports.create();
  auto [c, d] = *f.ports.create();
  auto message = [&](std::vector<EndId> carried) { return f.post(a, "x", std::move(carried)).error().message; };
  CHECK(message({c, make_end(9, 1, 0)}) == "Port at index 1 is not a valid port");
  CHECK(message({c, a}) == "Port at index 1 contains the source port.");
  CHECK(message({c, d, c}) == "Port at index 2 is a duplicate.");
  CHECK(message({c, c, a, 0}) == "Port at index 3 is not a valid port");
  CHECK(message({c, c, a}) == "Port at index 2 contains the source port.");
  CHECK(message(std::vector<EndId>(most_ports + 1, c)) == "A message carries at most 1024 ports");
  for (EndId end : {a, b, c, d}) CHECK(f.ports.holds(end));
  CHECK(f.sink.last<Release>() == nullptr);
}

TEST_CASE("core, post: what it carries has left when it succeeds, and comes back unstarted") {
  Fixture f;
  auto [a, b] = *f.ports.create();
  auto [c, d] = *f.ports.create();
  f.ports.start(b);
  f.ports.start(c);
  CHECK(f.post(a, "x", {c}));
  CHECK_FALSE(f.ports.holds(c));
  CHECK_FALSE(f.ports.has_message(b));  // until the broker has heard of it
  f.ports.on_down(ReleaseAck{c});
  auto taken = f.ports.take(b);
  REQUIRE(taken);
  CHECK(taken->ports == std::vector{c});
  CHECK_FALSE(f.ports.started(c));
  CHECK(f.sink.last<Claim>()->carrier == b);
}

TEST_CASE("core, post: to a peer that is gone is a success, and what it carries ends") {
  World world({.nodes = 2});
  auto [a, b] = world.create(2);
  auto [c, d] = world.create(2);
  world.close(2, b);
  world.drain();
  CHECK(world.post(2, a, {c}));
  CHECK_FALSE(world.ports(2).holds(c));
  world.drain();
  CHECK(world.ports(2).closed(d) == CloseReason::closed);
  world.close_everything();
  CHECK_MESSAGE(world.problems().empty(), world.report());
}

TEST_CASE("core, post: the peer of the sending end ends both, and nothing leaks") {
  World world({.nodes = 2});
  auto [a, b] = world.create(2);
  CHECK(world.post(2, a, {b}));
  world.drain();
  CHECK(world.ports(2).closed(a) == CloseReason::closed);
  CHECK(world.directory().limbo() == 0);
  world.close_everything();
  CHECK(world.directory().channels() == 0);
}

TEST_CASE("core, post: an end that had closed arrives closed") {
  Fixture f;
  auto [a, b] = *f.ports.create();
  auto [c, d] = *f.ports.create();
  f.ports.start(c);
  f.ports.close(d);
  f.ports.on_down(CloseFinal{c, 2, CloseReason::closed, {}});
  REQUIRE(f.ports.closed(c));
  CHECK(f.post(a, "x", {c}));
  f.ports.start(b);
  auto taken = f.ports.take(b);
  REQUIRE(taken);
  REQUIRE(taken->ports.size() == 1);
  f.ports.start(taken->ports[0]);
  CHECK(f.ports.closed(taken->ports[0]) == CloseReason::closed);
}

TEST_CASE("core, close: twice is once, and the peer hears it once, last, when it is started and has read everything") {
  World world({.nodes = 2});
  auto [a, b] = world.create(2);
  world.post(2, a);
  world.close(2, a);
  world.close(2, a);
  world.settle();
  CHECK_FALSE(world.ports(2).closed(b));
  world.start(2, b);
  CHECK_FALSE(world.ports(2).closed(b));
  CHECK(world.take(2, b));
  CHECK(world.ports(2).closed(b) == CloseReason::closed);
  CHECK(world.ledger(b).closed == 1);
}

TEST_CASE("core, close: what waits unread ends with the end, and so do the ends in it") {
  World world({.nodes = 2});
  auto [a, b] = world.create(2);
  auto [c, d] = world.create(2);
  world.post(2, a, {c});
  world.settle();
  world.close(2, b);
  world.drain();
  CHECK(world.ports(2).closed(d) == CloseReason::closed);
  CHECK(world.ports(2).closed(a) == CloseReason::closed);
  CHECK(world.directory().limbo() == 0);
}

TEST_CASE("core, disconnect: every end closes after what it had, and nothing is said any more") {
  Fixture f;
  auto [a, b] = *f.ports.create();
  EndId away = f.remote();
  CHECK(f.post(a, "last"));
  for (EndId end : {a, b, away}) f.ports.start(end);
  std::size_t said = f.sink.ups.size();
  f.ports.disconnect(CloseReason::peer_exited);
  CHECK(f.sink.closes.size() == 2);
  CHECK(f.take(b) == "last");
  CHECK(f.sink.closes.size() == 3);
  CHECK(f.post(a, "x"));
  CHECK(f.ports.create().error().kind == Kind::disconnected);
  f.ports.close(a);
  CHECK(f.sink.ups.size() == said);
}

TEST_CASE("core, quota: no more ends than the broker allows, here or arriving") {
  Fixture f({.ends = 3});
  EndId boot = f.remote();
  auto [a, b] = *f.ports.create();
  CHECK(f.ports.create().error().kind == Kind::overloaded);
  f.ports.start(boot);
  Carried carried{make_end(3, 1, 0), 77};
  CHECK(f.ports.on_data(broker_link, peer_of(boot), 1, bytes("x"), {&carried, 1}) == Arrival::handled);
  auto taken = f.ports.take(boot);
  REQUIRE(taken);
  CHECK(f.sink.last<Claim>()->end == carried.end);
  CHECK(f.sink.last<Close>()->reason == CloseReason::refused);
  f.ports.start(taken->ports[0]);
  CHECK(f.ports.closed(taken->ports[0]) == CloseReason::refused);
  f.ports.close(a);
  f.ports.close(b);
  CHECK(f.ports.create());
}

}  // namespace mullion::node::core::testing
