// What one process does about ends that leave, come and open: the rules of the protocol, one by one.
#include <doctest/doctest.h>

#include <set>
#include <string>

#include "node/core_record.hpp"

namespace mullion::node::core::testing {
namespace {

// A process with the boot channel's end (live over the link, epoch 1) and a local channel to carry things on.
struct Fixture {
  explicit Fixture(std::uint64_t window = Quotas{}.window_bytes) : ports({.node = 2, .window_bytes = window}, sink) {
    ports.adopt(end);
    auto ends = *ports.create();
    out = ends.first;
    reset();
  }
  void reset() {
    sink.sent.clear();
    sink.ups.clear();
  }
  Result<> post(EndId from, std::string_view text, std::vector<EndId> carried = {}) {
    Bytes part = bytes(text);
    return ports.post(from, {&part, 1}, carried);
  }
  Arrival data(std::string_view text, Epoch epoch = 1) {
    return ports.on_data(broker_link, peer_of(end), epoch, bytes(text), {});
  }
  Arrival fin(Epoch epoch = 1) { return ports.on_fin(broker_link, peer_of(end), epoch); }
  void move_away() { REQUIRE(post(out, "carrier", {end})); }
  template <class Message>
  const Message& only() {
    REQUIRE(sink.ups.size() == 1);
    REQUIRE(std::holds_alternative<Message>(sink.ups[0]));
    return std::get<Message>(sink.ups[0]);
  }

  PortsRecorder sink;
  Ports ports;
  EndId end = boot_end_of_child(2);
  EndId out = 0;
};

}  // namespace

TEST_CASE("core, rule 1: an end leaves with fin on its link and one release that has everything it had") {
  Fixture f;
  CHECK(f.data("unread") == Arrival::handled);
  f.sink.full = true;
  CHECK(f.post(f.end, "unsent"));
  f.move_away();
  const Release& release = f.only<Release>();
  CHECK(release.end == f.end);
  CHECK(release.epoch == 1);
  CHECK(release.token != 0);
  CHECK(release.carrier == peer_of(f.out));
  REQUIRE(release.in.size() == 1);
  CHECK(release.in[0].body == body("unread"));
  REQUIRE(release.out.size() == 1);
  CHECK(release.out[0].body == body("unsent"));
  REQUIRE(f.sink.sent.size() == 1);
  CHECK(f.sink.sent[0].kind == RecordKind::fin);
  CHECK_FALSE(f.ports.holds(f.end));
}

TEST_CASE("core, rule 1: the message waits for the ack of what it carries, and what follows waits behind it") {
  Fixture f;
  auto [a, b] = *f.ports.create();
  REQUIRE(f.post(f.end, "carrier", {a}));
  REQUIRE(f.post(f.end, "next"));
  CHECK(f.sink.sent.empty());
  f.ports.on_down(ReleaseAck{a});
  REQUIRE(f.sink.sent.size() == 2);
  CHECK(f.sink.sent[0].ports.size() == 1);
  CHECK(f.sink.sent[0].ports[0].end == a);
  CHECK(f.sink.sent[1].body == body("next"));
}

TEST_CASE("core, rule 1: no two tokens of a process are the same") {
  Fixture f;
  std::set<Token> tokens;
  for (int i = 0; i < 100; ++i) {
    REQUIRE(f.post(f.out, "x", {f.ports.create()->first}));
    CHECK(tokens.insert(f.sink.last<Release>()->token).second);
  }
}

TEST_CASE("core, rule 2: what arrives for an end that left goes to the broker, until fin") {
  Fixture f;
  f.move_away();
  f.reset();
  CHECK(f.data("late") == Arrival::handled);
  const MailIn& late = f.only<MailIn>();
  CHECK(late.epoch == 1);
  CHECK(late.in[0].body == body("late"));
  f.reset();
  CHECK(f.fin() == Arrival::handled);
  CHECK(f.only<Drained>().lossy == false);
  f.reset();
  f.ports.on_down(ReleaseAck{f.end});
  CHECK(f.data("after fin") == Arrival::handled);
  CHECK(f.fin() == Arrival::handled);
  CHECK(f.sink.ups.empty());
}

TEST_CASE("core, rule 3: fin is answered with fin, and posts wait for the next epoch") {
  Fixture f;
  CHECK(f.data("before") == Arrival::handled);
  CHECK(f.fin() == Arrival::handled);
  CHECK(f.only<Drained>().end == f.end);
  REQUIRE(f.sink.sent.size() == 1);
  CHECK(f.sink.sent[0].kind == RecordKind::fin);
  CHECK(f.post(f.end, "waits"));
  CHECK(f.sink.sent.size() == 1);
  f.ports.start(f.end);
  CHECK(f.ports.take(f.end)->body == body("before"));
}

TEST_CASE("core, rule 3: both leave at once, the fins cross and each is enough") {
  Fixture f;
  f.move_away();
  f.reset();
  CHECK(f.fin() == Arrival::handled);
  CHECK(f.only<Drained>().end == f.end);
  CHECK(f.sink.sent.empty());
}

TEST_CASE("core, rule 4: an end is claimed when its message is taken, not before") {
  Fixture f;
  Carried carried{make_end(3, 4, 0), 99};
  f.ports.start(f.end);
  CHECK(f.ports.on_data(broker_link, peer_of(f.end), 1, bytes("x"), {&carried, 1}) == Arrival::handled);
  CHECK(f.sink.last<Claim>() == nullptr);
  CHECK_FALSE(f.ports.holds(carried.end));
  CHECK(f.ports.take(f.end));
  const Claim& claim = *f.sink.last<Claim>();
  CHECK(claim.end == carried.end);
  CHECK(claim.token == 99);
  CHECK(claim.carrier == f.end);
  CHECK(f.ports.holds(carried.end));
}

TEST_CASE("core, rule 4: an end that somebody says to have sent, and that lives here, comes as one that is closed") {
  Fixture f;
  Carried forged{f.out, 5};
  f.ports.start(f.end);
  CHECK(f.ports.on_data(broker_link, peer_of(f.end), 1, bytes("x"), {&forged, 1}) == Arrival::handled);
  auto taken = f.ports.take(f.end);
  REQUIRE(taken);
  CHECK(taken->ports[0] != f.out);
  CHECK(f.ports.holds(f.out));
  CHECK(f.sink.last<Claim>() == nullptr);
}

TEST_CASE("core, rule 5: what an Open brings goes before what arrives and before what waits") {
  Fixture f;
  CHECK(f.fin() == Arrival::handled);
  CHECK(f.post(f.end, "third out"));
  f.ports.start(f.end);
  f.reset();
  Mail out = mail("first out");
  out.push_back(parcel("second out"));
  f.ports.on_down(Open{f.end, 2, broker_link, mail("first in"), std::move(out)});
  CHECK(f.ports.on_credit(broker_link, peer_of(f.end), 2, 1000, 10) == Arrival::handled);
  CHECK(f.data("second in", 2) == Arrival::handled);
  CHECK(f.ports.take(f.end)->body == body("first in"));
  CHECK(f.ports.take(f.end)->body == body("second in"));
  std::vector<std::string> order;
  for (const Sent& sent : f.sink.sent) {
    if (sent.kind == RecordKind::data) order.push_back({reinterpret_cast<const char*>(sent.body.data()), sent.body.size()});
  }
  CHECK(order == std::vector<std::string>{"first out", "second out", "third out"});
}

TEST_CASE("core, rule 6: an Open that crosses the release is given back, and its epoch drained") {
  Fixture f(0);
  CHECK(f.fin() == Arrival::handled);
  f.move_away();
  f.reset();
  f.ports.on_down(Open{f.end, 2, broker_link, mail("in"), mail("out")});
  REQUIRE(f.sink.ups.size() == 2);
  CHECK(std::get<MailIn>(f.sink.ups[0]).in[0].body == body("in"));
  CHECK(std::get<MailOut>(f.sink.ups[1]).out[0].body == body("out"));
  REQUIRE(f.sink.sent.size() == 1);
  CHECK(f.sink.sent[0].kind == RecordKind::fin);
  CHECK(f.sink.sent[0].epoch == 2);
  f.ports.on_down(ReleaseAck{f.end});
  f.reset();
  CHECK(f.data("late", 2) == Arrival::handled);
  CHECK(f.only<MailIn>().epoch == 2);
  f.reset();
  CHECK(f.fin(2) == Arrival::handled);
  CHECK(f.only<Drained>().epoch == 2);
  CHECK(f.ports.quiet());
}

TEST_CASE("core, rule 6: an Open that crosses the close is drained at once") {
  Fixture f;
  CHECK(f.fin() == Arrival::handled);
  f.ports.close(f.end);
  f.reset();
  f.ports.on_down(Open{f.end, 2, broker_link, mail("in"), mail("out")});
  REQUIRE(f.sink.ups.size() == 2);
  CHECK(std::get<MailOut>(f.sink.ups[0]).out[0].body == body("out"));
  CHECK(std::get<Drained>(f.sink.ups[1]).epoch == 2);
  REQUIRE(f.sink.sent.size() == 1);
  CHECK(f.sink.sent[0].kind == RecordKind::fin);
}

TEST_CASE("core, rule 6: a CloseFinal that crosses the release is given back") {
  Fixture f;
  CHECK(f.fin() == Arrival::handled);
  f.move_away();
  f.reset();
  f.ports.on_down(CloseFinal{f.end, 2, CloseReason::closed, mail("last")});
  REQUIRE(f.sink.ups.size() == 2);
  CHECK(std::get<MailIn>(f.sink.ups[0]).in[0].body == body("last"));
  CHECK(std::get<Drained>(f.sink.ups[1]).epoch == 2);
  CHECK(f.sink.closes.empty());
}

TEST_CASE("core, rule 6: an epoch that opens for two ends here, one of which has left, is over for both") {
  Fixture f;
  auto [a, b] = *f.ports.create();
  REQUIRE(f.post(f.out, "x", {a}));
  f.ports.on_down(ReleaseAck{a});
  f.reset();
  f.ports.on_down(OpenLocal{a, 2, {mail("to a"), mail("to b")}, {mail("from a"), mail("from b")}});
  CHECK(f.sink.last<MailOut>()->out[0].body == body("from a"));
  std::size_t drained = 0;
  for (const Up& message : f.sink.ups) drained += std::holds_alternative<Drained>(message);
  CHECK(drained == 2);
  f.ports.start(b);
  CHECK(f.ports.take(b)->body == body("to b"));
}

TEST_CASE("core, rule 7: what comes before its Open waits, and the link is told when to go on") {
  Fixture f;
  CHECK(f.fin() == Arrival::handled);
  CHECK(f.data("early", 2) == Arrival::later);
  CHECK(f.sink.resumed == 0);
  f.ports.on_down(Open{.end = f.end, .epoch = 2});
  CHECK(f.sink.resumed == 1);
  CHECK(f.data("early", 2) == Arrival::handled);
}

TEST_CASE("core, rule 7: early records for an end that has left wait, too") {
  Fixture f(0);
  CHECK(f.fin() == Arrival::handled);
  f.move_away();
  CHECK(f.data("early", 2) == Arrival::later);
  CHECK(f.fin(2) == Arrival::later);
  f.ports.on_down(Open{.end = f.end, .epoch = 2});
  CHECK(f.sink.resumed == 1);
  CHECK(f.data("early", 2) == Arrival::handled);
}

TEST_CASE("core, rule 7: records for ends that nobody knows wait for nothing") {
  Fixture f;
  EndId unknown = make_end(9, 9, 0);
  CHECK(f.ports.on_data(broker_link, unknown, 4, bytes("x"), {}) == Arrival::handled);
  CHECK(f.ports.on_fin(broker_link, unknown, 4) == Arrival::handled);
  CHECK(f.ports.on_lost(broker_link, unknown, 4) == Arrival::handled);
  CHECK(f.ports.on_credit(broker_link, unknown, 4, 1, 1) == Arrival::handled);
  CHECK(f.sink.ups.empty());
}

TEST_CASE("core, rule 7: a record of a live end on another link is a lie") {
  Fixture f;
  CHECK(f.ports.on_data(5, peer_of(f.end), 1, bytes("x"), {}) == Arrival::lie);
  CHECK(f.ports.on_fin(5, peer_of(f.end), 1) == Arrival::lie);
  CHECK(f.ports.on_credit(5, peer_of(f.end), 1, 1, 1) == Arrival::lie);
  CHECK(f.ports.on_data(broker_link, f.out, 1, bytes("x"), {}) == Arrival::lie);
  f.move_away();
  CHECK(f.ports.on_data(5, peer_of(f.end), 1, bytes("x"), {}) == Arrival::lie);
}

TEST_CASE("core, rule 8: a close has what was not sent, after fin, and drains its epoch") {
  Fixture f;
  f.sink.full = true;
  CHECK(f.post(f.end, "unsent"));
  f.ports.close(f.end);
  REQUIRE(f.sink.ups.size() == 2);
  CHECK(std::get<Close>(f.sink.ups[0]).out[0].body == body("unsent"));
  CHECK(std::get<Drained>(f.sink.ups[1]).epoch == 1);
  CHECK(f.sink.sent.back().kind == RecordKind::fin);
}

TEST_CASE("core, rule 8: closed is told after the last message, and then the broker may forget the end") {
  Fixture f;
  CHECK(f.fin() == Arrival::handled);
  f.ports.start(f.end);
  f.reset();
  f.ports.on_down(CloseFinal{f.end, 2, CloseReason::peer_exited, mail("last")});
  CHECK(f.sink.closes.empty());
  CHECK(f.ports.take(f.end)->body == body("last"));
  REQUIRE(f.sink.closes.size() == 1);
  CHECK(f.sink.closes[0].second == CloseReason::peer_exited);
  CHECK(f.only<Close>().end == f.end);
  f.ports.close(f.end);
  CHECK(f.sink.ups.size() == 1);
}

TEST_CASE("core, rule 11: a process that died ends its epoch with loss, and is not answered") {
  Fixture f;
  CHECK(f.ports.on_lost(broker_link, peer_of(f.end), 1) == Arrival::handled);
  CHECK(f.only<Drained>().lossy);
  CHECK(f.sink.sent.empty());
  CHECK(f.ports.on_lost(broker_link, peer_of(f.end), 1) == Arrival::handled);
  CHECK(f.sink.ups.size() == 1);
}

TEST_CASE("core, rule 11: a direct link that hangs up ends the epochs that went over it, and no others") {
  Fixture f;
  auto [a, b] = *f.ports.create();
  CHECK(f.fin() == Arrival::handled);
  f.ports.on_down(Open{.end = f.end, .epoch = 2, .link = 3});
  f.reset();
  f.ports.link_lost(4);
  CHECK(f.only<LinkFailed>().link == 4);
  f.ports.link_lost(3);
  CHECK(f.sink.last<LinkFailed>()->link == 3);
  CHECK(f.sink.last<Drained>()->lossy);
  CHECK(f.post(a, "still here"));
  f.ports.start(b);
  CHECK(f.ports.take(b));
}

TEST_CASE("core, rule 6: an epoch that cannot begin does not") {
  Fixture f;
  auto [a, b] = *f.ports.create();
  f.reset();
  f.ports.on_down(Open{a, 2, broker_link, {}, {}});
  f.ports.on_down(OpenLocal{a, 2, {}, {}});
  CHECK(f.fin() == Arrival::handled);
  f.sink.sent.clear();
  f.ports.on_down(Open{f.end, 2, self_link, {}, {}});
  CHECK(f.post(f.end, "waits"));
  CHECK(f.sink.sent.empty());
  f.ports.close(a);
  CHECK(f.post(b, "to nobody"));
  f.ports.on_down(CloseFinal{b, 2, CloseReason::closed, {}});
  f.ports.start(b);
  f.ports.on_down(Open{b, 3, broker_link, {}, {}});
  CHECK(f.ports.closed(b) == CloseReason::closed);
}

TEST_CASE("core, rule 13: a local channel costs nothing but its two ends") {
  Fixture f;
  auto [a, b] = *f.ports.create();
  f.reset();
  f.ports.start(b);
  for (int i = 0; i < 10; ++i) CHECK(f.post(a, "x"));
  while (f.ports.take(b)) {}
  CHECK(f.sink.ups.empty());
  CHECK(f.sink.sent.empty());
}

}  // namespace mullion::node::core::testing
