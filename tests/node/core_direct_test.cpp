// Links between children: who gets one, what comes over it, and what its end means.
#include <doctest/doctest.h>

#include "node/core_record.hpp"

namespace mullion::node::core::testing {
namespace {

constexpr LinkId first_link = 2;

// A broker with three children. Child 2 makes a channel and sends its second end to child 3, over main.
struct Brokered {
  explicit Brokered(Quotas quotas = {}) : directory(sink) {
    sink.introduces = true;
    directory.add_node(broker_node);
    for (NodeId child : {2u, 3u, 4u}) {
      directory.add_node(child, quotas);
      directory.create_between(broker_node, child);
    }
  }
  // A new channel's first end, at `at`; its peer went to main and on to `to`, before the first epoch was drained.
  EndId channel(NodeId at, NodeId to, std::uint64_t count = 1) {
    EndId end = make_end(at, count, 0), peer = peer_of(end);
    CHECK(directory.handle(at, Create{end}));
    CHECK(directory.handle(at, Release{.end = peer, .epoch = 1, .token = 7, .carrier = boot_end_of_parent(at)}));
    CHECK(directory.handle(at, Drained{peer, 1}));
    CHECK(directory.handle(broker_node, Claim{peer, 7, boot_end_of_parent(at)}));
    CHECK(directory.handle(broker_node, Release{.end = peer, .token = 8, .carrier = boot_end_of_child(to)}));
    CHECK(directory.handle(to, Claim{peer, 8, boot_end_of_child(to)}));
    CHECK(directory.handle(at, Drained{end, 1}));
    return end;
  }
  bool fails(NodeId from, LinkId link, bool lie = true) {
    return directory.handle(from, LinkFailed{link, lie, "why"}).has_value();
  }

  DirectoryRecorder sink;
  Directory directory;
};

// A process with an end that is live over a direct link.
struct Direct {
  Direct() : ports({.node = 2, .window_bytes = 0}, sink) {
    ports.adopt(end);
    ports.on_fin(broker_link, peer_of(end), 1);
    open(2);
    ports.start(end);
    sink.ups.clear();
    sink.sent.clear();
  }
  void open(Epoch epoch, LinkId link = first_link) { ports.on_down(Open{.end = end, .epoch = epoch, .link = link}); }
  Arrival data(std::string_view text, std::vector<Carried> carried = {}, LinkId link = first_link, Epoch epoch = 2) {
    return ports.on_data(link, peer_of(end), epoch, bytes(text), carried);
  }

  PortsRecorder sink;
  Ports ports;
  EndId end = boot_end_of_child(2);
};

}  // namespace

TEST_CASE("core, direct: two children whose channel opens get a link, once, and their Opens name it") {
  Brokered b;
  EndId end = b.channel(2, 3);
  REQUIRE(b.sink.introduced.size() == 1);
  CHECK(b.sink.introduced[0].link == first_link);
  CHECK(b.sink.last<Open>(2)->link == first_link);
  CHECK(b.sink.last<Open>(3)->link == first_link);
  CHECK(b.sink.last<Open>(3)->end == peer_of(end));
  b.channel(3, 2);
  CHECK(b.sink.introduced.size() == 1);
  CHECK(b.directory.links_of(2) == 1);
}

TEST_CASE("core, direct: where no link can be had, and beyond the quota, the broker is the way") {
  Brokered none;
  none.sink.introduces = false;
  none.channel(2, 3);
  CHECK(none.sink.last<Open>(2)->link == broker_link);
  Brokered few({.links = 1});
  few.channel(2, 3);
  few.channel(2, 4, 2);
  CHECK(few.sink.introduced.size() == 1);
  CHECK(few.sink.last<Open>(4)->link == broker_link);
}

TEST_CASE("core, direct: a link that failed is over for both, and its channels close with the reason") {
  Brokered b;
  EndId end = b.channel(2, 3);
  CHECK(b.fails(2, first_link));
  CHECK(b.sink.last<LinkOver>(2)->link == first_link);
  CHECK(b.sink.last<LinkOver>(3)->link == first_link);
  REQUIRE(b.sink.quarrels.size() == 1);
  CHECK(b.sink.quarrels[0] == std::pair<NodeId, NodeId>{2, 3});
  CHECK(b.directory.handle(2, Drained{end, 2, true}));
  CHECK(b.sink.last<CloseFinal>(2)->reason == CloseReason::protocol);
  CHECK(b.sink.last<CloseFinal>(3) == nullptr);
  CHECK(b.directory.handle(3, Drained{peer_of(end), 2, true}));
  CHECK(b.sink.last<CloseFinal>(3)->reason == CloseReason::protocol);
}

TEST_CASE("core, direct: a link that only hung up closes its channels as a death does") {
  Brokered b;
  EndId end = b.channel(2, 3);
  CHECK(b.fails(3, first_link, false));
  CHECK(b.directory.handle(2, Drained{end, 2, true}));
  CHECK(b.sink.last<CloseFinal>(2)->reason == CloseReason::peer_exited);
}

TEST_CASE("core, direct: after three failures two processes are strangers, and others are not") {
  Brokered b;
  for (std::uint64_t count = 1; count <= 3; ++count) {
    b.channel(2, 3, count);
    CHECK(b.fails(2, static_cast<LinkId>(first_link + count - 1)));
  }
  EndId end = b.channel(2, 3, 4);
  CHECK(b.sink.introduced.size() == 3);
  CHECK(b.sink.last<CloseFinal>(2)->end == end);
  CHECK(b.sink.last<CloseFinal>(2)->reason == CloseReason::refused);
  b.channel(2, 4, 5);
  CHECK(b.sink.introduced.size() == 4);
}

TEST_CASE("core, direct: a process speaks of its own links only") {
  Brokered b;
  b.channel(2, 3);
  CHECK_FALSE(b.fails(4, first_link));
  CHECK_FALSE(b.fails(2, first_link + 1));
  CHECK_FALSE(b.fails(2, broker_link));
  CHECK(b.fails(2, first_link));
  for (int i = 0; i < 3; ++i) CHECK(b.fails(3, first_link));  // each may say it of the other, once it is over
  CHECK(b.sink.quarrels == std::vector<std::pair<NodeId, NodeId>>{{2, 3}, {3, 2}});
}

TEST_CASE("core, direct: the death of one process ends its links") {
  Brokered b;
  EndId end = b.channel(2, 3);
  b.directory.node_died(3);
  CHECK(b.sink.last<LinkOver>(2)->link == first_link);
  for (auto [to, lost] : b.sink.losses) CHECK(lost != peer_of(end));
  CHECK(b.directory.links_of(2) == 0);
  CHECK(b.sink.last<CloseFinal>(2) == nullptr);  // what it had committed is read first
  CHECK(b.directory.handle(2, Drained{end, 2, true}));
  CHECK(b.sink.last<CloseFinal>(2)->reason == CloseReason::peer_exited);
}

TEST_CASE("core, direct: records of a channel that has its own link do not go through the broker") {
  Brokered b;
  EndId end = b.channel(2, 3);
  CHECK_FALSE(b.directory.route(2, {.kind = RecordKind::fin, .end = end, .epoch = 2}));
}

TEST_CASE("core, direct: a message with ports waits until the broker has seen that they were sent here") {
  Direct d;
  CHECK(d.data("with", {{77, 5}}) == Arrival::handled);
  CHECK(d.data("after") == Arrival::handled);
  const Check check = *d.sink.last<Check>();
  CHECK(check.end == d.end);
  CHECK(check.ports == std::vector<Carried>{{77, 5}});
  CHECK_FALSE(d.ports.has_message(d.end));
  CHECK_FALSE(d.ports.take(d.end));
  CHECK(d.sink.readied.empty());
  CHECK_FALSE(d.ports.quiet());
  d.ports.on_down(Checked{d.end, check.serial, {}});
  CHECK(d.sink.readied == std::vector<EndId>{d.end});
  CHECK(d.ports.take(d.end)->ports == std::vector<EndId>{77});
  CHECK(d.sink.last<Claim>()->token == 5);
  CHECK(d.ports.take(d.end)->body == body("after"));
  CHECK(d.sink.accused.empty());
}

TEST_CASE("core, direct: a port that was not sent here arrives closed, and who sent it is accused") {
  Direct d;
  CHECK(d.data("with", {{77, 5}, {79, 6}}) == Arrival::handled);
  d.ports.on_down(Checked{d.end, d.sink.last<Check>()->serial, {0, 9}});
  CHECK(d.sink.accused == std::vector<LinkId>{first_link});
  auto taken = d.ports.take(d.end);
  REQUIRE(taken);
  CHECK(taken->ports[0] != 77);
  CHECK(taken->ports[1] == 79);
}

TEST_CASE("core, direct: an answer for an end that has left is for nobody, its sender is accused all the same") {
  Direct d;
  CHECK(d.data("with", {{77, 5}}) == Arrival::handled);
  const std::uint32_t serial = d.sink.last<Check>()->serial;
  d.ports.close(d.end);
  d.ports.on_down(Checked{d.end, serial, {0}});
  CHECK(d.sink.accused.size() == 1);
}

TEST_CASE("core, direct: the broker answers only for ends that were released to the very carrier, and once") {
  Brokered b;
  EndId carrier = b.channel(2, 3);
  EndId cargo = make_end(2, 2, 0);
  CHECK(b.directory.handle(2, Create{cargo}));
  CHECK(b.directory.handle(2, Release{.end = cargo, .epoch = 1, .token = 9, .carrier = peer_of(carrier)}));
  auto bad = [&](EndId end, Token token) {
    CHECK(b.directory.handle(3, Check{peer_of(carrier), 1, {{end, token}}}));
    return b.sink.last<Checked>(3)->bad.size();
  };
  CHECK(bad(cargo, 8) == 1);
  CHECK(bad(peer_of(cargo), 9) == 1);
  CHECK(bad(make_end(9, 9, 0), 9) == 1);
  CHECK(bad(cargo, 9) == 0);
  CHECK(bad(cargo, 9) == 1);  // no second time
  CHECK_FALSE(b.directory.handle(4, Check{peer_of(carrier), 1, {}}));
  CHECK(b.directory.handle(3, Claim{cargo, 9, peer_of(carrier)}));
}

TEST_CASE(
    "core, direct: mail that came in over a direct link may hold any ports; those that were not sent are closed") {
  Brokered b;
  EndId end = b.channel(2, 3);
  Release release{.end = peer_of(end), .epoch = 2, .token = 9, .carrier = boot_end_of_parent(3)};
  release.in = mail("unread", {{make_end(9, 9, 0), 4}});
  CHECK(b.directory.handle(3, std::move(release)));
  CHECK(b.directory.handle(3, Drained{peer_of(end), 2}));
  CHECK(b.directory.handle(2, Drained{end, 2}));
  CHECK(b.directory.handle(broker_node, Claim{peer_of(end), 9, boot_end_of_parent(3)}));
  const Open* open = b.sink.last<Open>(broker_node);
  REQUIRE(open->in.size() == 1);
  CHECK(open->in[0].ports == std::vector<Carried>{{}});
}

TEST_CASE("core, direct: a link that is lost before its Open came is lost when it comes") {
  Direct d;
  CHECK(d.ports.on_fin(first_link, peer_of(d.end), 2) == Arrival::handled);
  d.ports.link_lost(3);
  d.sink.ups.clear();
  d.sink.sent.clear();
  d.open(3, 3);
  CHECK(d.sink.last<Drained>()->lossy);
  CHECK(d.sink.sent.empty());
  d.ports.on_down(LinkOver{3});
  CHECK(d.sink.overs.empty());
  d.ports.on_down(CloseFinal{.end = d.end, .epoch = 4});
  CHECK(d.ports.closed(d.end));
  CHECK(d.ports.quiet());
}

TEST_CASE("core, direct: a link that the broker calls over is read to its end first") {
  Direct d;
  d.ports.on_down(LinkOver{first_link});
  CHECK(d.sink.overs == std::vector<LinkId>{first_link});
  CHECK(d.data("last") == Arrival::handled);
  d.ports.link_lost(first_link);
  CHECK(d.sink.last<LinkFailed>() == nullptr);
  CHECK(d.sink.last<Drained>()->lossy);
  CHECK(d.ports.take(d.end)->body == body("last"));
}

TEST_CASE("core, direct: a lie in a link that is over already is told all the same") {
  Direct d;
  d.ports.on_down(LinkOver{first_link});
  d.ports.link_lost(first_link, true, "it lied");
  REQUIRE(d.sink.last<LinkFailed>());
  CHECK(d.sink.last<LinkFailed>()->why == "it lied");
  CHECK(d.sink.last<Drained>()->lossy);
}

TEST_CASE("core, direct: what is sent to an end that has left counts against what it asked for") {
  PortsRecorder sink;
  Ports ports({.node = 2, .window_bytes = 400, .window_messages = 3}, sink);
  EndId end = boot_end_of_child(2);
  ports.adopt(end);
  auto over = *ports.create();
  ports.on_fin(broker_link, peer_of(end), 1);
  ports.on_down(Open{.end = end, .epoch = 2, .link = first_link});
  CHECK(ports.post(over.first, {}, std::span(&end, 1)));
  for (int i = 0; i < 3; ++i) CHECK(ports.on_data(first_link, peer_of(end), 2, bytes("x"), {}) == Arrival::handled);
  CHECK(ports.on_data(first_link, peer_of(end), 2, bytes("x"), {}) == Arrival::lie);
}

TEST_CASE("core, direct: a record of another link is a lie") {
  Direct d;
  CHECK(d.data("x", {}, first_link + 1) == Arrival::lie);
  CHECK(d.data("x", {}, broker_link) == Arrival::lie);
  CHECK(d.ports.on_fin(broker_link, peer_of(d.end), 2) == Arrival::lie);
}

}  // namespace mullion::node::core::testing
