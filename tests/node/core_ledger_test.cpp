// What one process has waiting in main: counted once, wherever in main it is, until nobody keeps it there.
#include <doctest/doctest.h>

#include "node/core_record.hpp"

namespace mullion::node::core::testing {
namespace {

constexpr NodeId sender = 2;

// Main's own node, and an end of it that process 2 writes to.
struct Main {
  Main() : ports({.node = broker_node}, sink) {
    ports.adopt(end);
    sink.ups.clear();
  }
  Arrival arrive(std::string_view text, Epoch epoch = 1) {
    return ports.on_data(broker_link, peer_of(end), epoch, bytes(text), {}, {}, sender);
  }
  std::uint64_t kept() { return sink.kept[sender]; }

  PortsRecorder sink;
  Ports ports;
  EndId end = boot_end_of_parent(sender);
};

// The directory, and a channel whose side b goes to main with mail in it.
struct Broker {
  Broker() : directory(sink) {
    directory.add_node(broker_node);
    directory.add_node(sender, {.kept_bytes = 2000});
    directory.create_between(broker_node, sender);
    REQUIRE(directory.handle(sender, Create{a}));
    REQUIRE(directory.handle(sender, Release{b, 1, 7, boot_end_of_parent(sender), mail("unread"), mail("unsent")}));
    carry(b, 7);
    REQUIRE(directory.handle(broker_node, Claim{b, 7, boot_end_of_parent(sender)}));
    REQUIRE(directory.handle(sender, Drained{a, 1}));
    REQUIRE(directory.handle(sender, Drained{b, 1}));
    REQUIRE(sink.last<Open>(broker_node));
    opened = *sink.last<Open>(broker_node);
  }
  void carry(EndId end, Token token) {
    Carried carried{end, token};
    auto to = directory.route(sender, {.end = boot_end_of_child(sender), .epoch = 1, .ports = {&carried, 1}});
    REQUIRE(to.value() == broker_node);
  }
  std::uint64_t kept() const { return directory.kept_of(sender); }

  DirectoryRecorder sink;
  Directory directory;
  EndId a = make_end(sender, 1, 0), b = make_end(sender, 1, 1);
  Open opened{};
};

}  // namespace

TEST_CASE("core, ledger: what nobody has taken is charged to its sender, and no longer when it is taken") {
  Main main;
  CHECK(main.arrive("one") == Arrival::handled);
  const std::uint64_t one = main.kept();
  CHECK(one > 3);
  CHECK(main.arrive("two") == Arrival::handled);
  CHECK(main.kept() == 2 * one);
  main.ports.start(main.end);
  CHECK(main.ports.take(main.end));
  CHECK(main.kept() == one);
  CHECK(main.ports.take(main.end));
  CHECK(main.kept() == 0);
}

TEST_CASE("core, ledger: what is consumed as it comes is not charged") {
  Main main;
  main.ports.start(main.end);
  main.sink.takes_offers = true;
  main.sink.may_keep = 0;
  CHECK(main.arrive("consumed") == Arrival::handled);
  CHECK(main.sink.offered.size() == 1);
}

TEST_CASE("core, ledger: with an end that closes goes what it was charged for") {
  Main main;
  CHECK(main.arrive("never read") == Arrival::handled);
  main.ports.close(main.end);
  CHECK(main.kept() == 0);
}

TEST_CASE("core, ledger: a message beyond the quota is refused, nothing may follow it, and what came before is there") {
  Main main;
  CHECK(main.arrive("before") == Arrival::handled);
  const std::uint64_t before = main.kept();
  main.sink.may_keep = before + 100;
  CHECK(main.arrive(std::string(1000, 'x')) == Arrival::refused);
  CHECK(main.arrive("small enough") == Arrival::handled);
  CHECK(main.kept() == before);
  CHECK(main.ports.on_lost(broker_link, peer_of(main.end), 1) == Arrival::handled);
  main.ports.on_down(CloseFinal{main.end, 2, CloseReason::refused, {}});
  main.ports.start(main.end);
  CHECK(main.ports.take(main.end)->body == body("before"));
  CHECK_FALSE(main.ports.take(main.end));
  CHECK(main.ports.closed(main.end) == CloseReason::refused);
}

TEST_CASE("core, ledger: an end that leaves main takes its charges along, and those who follow it are charged too") {
  Main main;
  auto [out, in] = *main.ports.create();
  CHECK(main.arrive("first") == Arrival::handled);
  const std::uint64_t first = main.kept();
  REQUIRE(main.ports.post(out, {}, {&main.end, 1}));
  const Release* release = main.sink.last<Release>();
  REQUIRE(release);
  REQUIRE(release->in.size() == 1);
  CHECK(release->in[0].payer == sender);
  CHECK(main.kept() == first);
  CHECK(main.arrive("later") == Arrival::handled);
  CHECK(main.sink.last<MailIn>()->in[0].payer == sender);
  main.sink.may_keep = main.kept();
  CHECK(main.arrive("too much") == Arrival::refused);
  CHECK(main.arrive("after it") == Arrival::handled);
  CHECK(main.sink.last<MailIn>()->in[0].body == body("later"));
}

TEST_CASE("core, ledger: mail that main receives stays charged until main's own node lets go of it") {
  Broker broker;
  const std::uint64_t all = broker.kept();
  CHECK(all > 12);
  REQUIRE(broker.opened.in.size() == 1);
  CHECK(broker.opened.in[0].payer == sender);
  CHECK(broker.opened.out[0].payer == sender);

  PortsRecorder sink;
  Ports ports({.node = broker_node}, sink);
  sink.kept[sender] = all;
  ports.adopt(boot_end_of_parent(sender));
  Carried carried{broker.b, 7};
  REQUIRE(ports.on_data(broker_link, boot_end_of_child(sender), 1, bytes("x"), {&carried, 1}) == Arrival::handled);
  ports.start(boot_end_of_parent(sender));
  REQUIRE(ports.take(boot_end_of_parent(sender)));
  ports.on_down(std::move(broker.opened));
  CHECK(sink.kept[sender] == all);
  ports.start(broker.b);
  CHECK(ports.take(broker.b)->body == body("unread"));
  CHECK(sink.kept[sender] == all / 2);
  CHECK(ports.on_credit(broker_link, broker.a, 2, 1000, 10) == Arrival::handled);
  CHECK(sink.sent.back().body == body("unsent"));
  CHECK(sink.kept[sender] == 0);
}

TEST_CASE("core, ledger: mail that main gives back is not charged twice, and not for ever") {
  Broker broker;
  const std::uint64_t all = broker.kept();
  Open opened = std::move(broker.opened);
  REQUIRE(broker.directory.handle(
      broker_node, Release{broker.b, 2, 8, boot_end_of_child(sender), std::move(opened.in), std::move(opened.out)}));
  CHECK(broker.kept() == all);
  broker.directory.node_died(sender);
  REQUIRE(broker.directory.handle(broker_node, Drained{broker.b, 2, true}));
  CHECK(broker.kept() == 0);
}

TEST_CASE("core, ledger: what main gives back for an end that is no more is charged to nobody") {
  Broker broker;
  Open opened = std::move(broker.opened);
  REQUIRE(broker.directory.handle(broker_node, Close{.end = broker.b, .epoch = 2}));
  CHECK(broker.kept() > 0);
  REQUIRE(broker.directory.handle(broker_node, MailIn{broker.b, 2, std::move(opened.in)}));
  REQUIRE(broker.directory.handle(broker_node, MailOut{broker.b, 2, std::move(opened.out)}));
  REQUIRE(broker.directory.handle(broker_node, Drained{broker.b, 2}));
  REQUIRE(broker.directory.handle(sender, Drained{broker.a, 2}));
  broker.directory.node_died(sender);
  CHECK(broker.kept() == 0);
}

TEST_CASE("core, ledger: after a refusal nothing more is passed on, and both sides hear it once") {
  Broker broker;
  REQUIRE(broker.directory.route(
      broker_node, {.kind = RecordKind::credit, .end = broker.b, .epoch = 2, .bytes = 1000, .messages = 10}));
  broker.directory.refuse(broker.a);
  broker.directory.refuse(broker.a);
  CHECK(broker.sink.losses == std::vector<std::pair<NodeId, EndId>>{{broker_node, broker.a}, {sender, broker.b}});
  auto next = broker.directory.route(sender, {.end = broker.a, .epoch = 2, .bytes = 1});
  REQUIRE(next);
  CHECK(*next == 0);
}

}  // namespace mullion::node::core::testing
