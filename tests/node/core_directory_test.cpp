// The broker's half: who may say what, and what follows.
#include <doctest/doctest.h>

#include "node/core_record.hpp"

namespace mullion::node::core::testing {
namespace {

// Nodes 1 (the broker's own) to 4; a channel that 2 made, and boot channels between 2 and 3, and 2 and 4.
struct Fixture {
  Fixture() : directory(sink) {
    for (NodeId node = 1; node <= 4; ++node) directory.add_node(node, quotas);
    REQUIRE(say(2, Create{a}));
    directory.create_between(2, 3);
    directory.create_between(2, 4);
  }
  bool say(NodeId from, Up message) {
    auto verdict = directory.handle(from, std::move(message));
    if (verdict) return true;
    CHECK(verdict.error().node == from);
    CHECK_FALSE(verdict.error().why.empty());
    return false;
  }
  // Whether saying it is a violation, which changes nothing.
  bool lie(NodeId from, Up message) {
    std::vector<std::uint64_t> before, after;
    directory.fingerprint(before);
    bool lied = !say(from, std::move(message));
    directory.fingerprint(after);
    CHECK((!lied || before == after));
    return lied;
  }
  // `end` of 2's channel goes over the boot channel to `to`, and is claimed.
  void move_to(NodeId to, EndId end, Token token) {
    REQUIRE(say(2, Release{end, 1, token, boot_end_of_child(to), {}, {}}));
    Carried carried{end, token};
    REQUIRE(directory.route(2, {.end = boot_end_of_parent(to), .epoch = 1, .ports = {&carried, 1}}).value() == to);
    REQUIRE(say(to, Claim{end, token, boot_end_of_child(to)}));
  }
  // b to node 3: an epoch over the broker's link begins.
  void part() {
    move_to(3, b, 7);
    REQUIRE(say(2, Drained{a, 1}));
    REQUIRE(say(2, Drained{b, 1}));
  }
  std::expected<NodeId, Violation> fin(NodeId from, EndId end, Epoch epoch) {
    return directory.route(from, {.kind = RecordKind::fin, .end = end, .epoch = epoch});
  }

  Quotas quotas{.ends = 8, .limbo = 3, .kept_bytes = 1000, .window_bytes = 1000, .window_messages = 10};
  DirectoryRecorder sink;
  Directory directory;
  EndId a = make_end(2, 1, 0), b = make_end(2, 1, 1);
};

}  // namespace

TEST_CASE("core, directory: a process names its channels itself, each name once and in order") {
  Fixture f;
  CHECK(f.lie(3, Create{make_end(2, 9, 0)}));
  CHECK(f.lie(2, Create{f.a}));
  CHECK(f.lie(2, Create{make_end(2, 2, 1)}));
  CHECK(f.lie(2, Create{make_end(2, 0, 0)}));
  CHECK(f.say(2, Create{make_end(2, 5, 0)}));
  CHECK(f.lie(2, Create{make_end(2, 4, 0)}));
  CHECK(f.directory.ends_of(2) == 6);
}

TEST_CASE("core, directory: more ends than the quota is a lie, for a process can count") {
  Fixture f;
  CHECK(f.say(2, Create{make_end(2, 2, 0)}));
  CHECK(f.say(2, Create{make_end(2, 3, 0)}));
  CHECK(f.directory.ends_of(2) == 8);
  CHECK(f.lie(2, Create{make_end(2, 4, 0)}));
  CHECK(f.say(2, Close{.end = make_end(2, 3, 0)}));
  CHECK(f.say(2, Close{.end = make_end(2, 3, 1)}));
  CHECK(f.say(2, Create{make_end(2, 4, 0)}));
}

TEST_CASE("core, directory: two ends in two processes are opened to each other over the broker") {
  Fixture f;
  f.part();
  const Open* at_two = f.sink.last<Open>(2);
  const Open* at_three = f.sink.last<Open>(3);
  REQUIRE(at_two);
  REQUIRE(at_three);
  CHECK(at_two->end == f.a);
  CHECK(at_two->epoch == 2);
  CHECK(at_two->link == broker_link);
  CHECK(at_three->end == f.b);
  CHECK(f.directory.owner(f.b) == 3u);
}

TEST_CASE("core, directory: two ends in one process are opened to each other there") {
  Fixture f;
  f.move_to(3, f.b, 7);
  f.move_to(3, f.a, 8);
  REQUIRE(f.say(2, Drained{f.b, 1}));
  REQUIRE(f.say(2, Drained{f.a, 1}));
  REQUIRE(f.sink.last<OpenLocal>(3));
  CHECK(f.sink.last<OpenLocal>(3)->epoch == 2);
  CHECK_FALSE(f.directory.route(3, {.end = f.a, .epoch = 2}));
}

TEST_CASE("core, directory: mail travels with its end, and what was there first goes first") {
  Fixture f;
  REQUIRE(f.say(2, Release{f.b, 1, 7, boot_end_of_child(3), mail("in 1"), mail("out 2")}));
  CHECK(f.directory.letters() == 2);
  CHECK(f.directory.kept_of(2) > 0);
  Carried carried{f.b, 7};
  REQUIRE(f.directory.route(2, {.end = boot_end_of_parent(3), .epoch = 1, .ports = {&carried, 1}}));
  REQUIRE(f.say(3, Claim{f.b, 7, boot_end_of_child(3)}));
  REQUIRE(f.say(2, MailIn{f.b, 1, mail("in 2")}));
  REQUIRE(f.say(2, MailOut{f.b, 1, mail("out 1")}));
  REQUIRE(f.say(2, Drained{f.a, 1}));
  REQUIRE(f.say(2, Drained{f.b, 1}));
  const Open* open = f.sink.last<Open>(3);
  REQUIRE(open);
  REQUIRE(open->in.size() == 2);
  CHECK(open->in[0].body == body("in 1"));
  CHECK(open->in[1].body == body("in 2"));
  REQUIRE(open->out.size() == 2);
  CHECK(open->out[0].body == body("out 1"));
  CHECK(f.directory.letters() == 0);
  CHECK(f.directory.kept_of(2) == 0);
}

TEST_CASE("core, directory: a release is only for what one holds, once, and through what one holds") {
  Fixture f;
  EndId to_three = boot_end_of_child(3);
  CHECK(f.lie(3, Release{f.a, 1, 7, to_three, {}, {}}));
  CHECK(f.lie(2, Release{f.a, 1, 0, to_three, {}, {}}));
  CHECK(f.lie(2, Release{f.a, 9, 7, to_three, {}, {}}));
  CHECK(f.lie(2, Release{f.a, 1, 7, f.b, {}, {}}));
  CHECK(f.lie(2, Release{f.a, 1, 7, boot_end_of_parent(3), {}, {}}));
  CHECK(f.lie(2, Release{f.a, 1, 7, make_end(4, 77, 0), {}, {}}));
  CHECK(f.lie(2, Release{make_end(2, 99, 0), 1, 7, to_three, {}, {}}));
  CHECK(f.say(2, Release{f.a, 1, 7, to_three, {}, {}}));
  CHECK(f.sink.last<ReleaseAck>(2)->end == f.a);
  CHECK(f.lie(2, Release{f.a, 1, 8, to_three, {}, {}}));
  CHECK(f.lie(2, Close{.end = f.a}));
}

TEST_CASE("core, directory: a claim needs the token, the carrier and the carrier's end") {
  Fixture f;
  EndId to_three = boot_end_of_child(3);
  REQUIRE(f.say(2, Release{f.b, 1, 7, to_three, {}, {}}));
  CHECK(f.lie(3, Claim{f.b, 8, to_three}));
  CHECK(f.lie(4, Claim{f.b, 7, to_three}));
  CHECK(f.lie(4, Claim{f.b, 7, boot_end_of_child(4)}));
  CHECK(f.lie(3, Claim{f.a, 7, to_three}));
  CHECK(f.lie(3, Claim{make_end(4, 50, 0), 7, to_three}));
  CHECK(f.say(3, Claim{f.b, 7, to_three}));
  CHECK(f.lie(3, Claim{f.b, 7, to_three}));
}

TEST_CASE("core, directory: only the anchor speaks about an epoch, and only until it is drained") {
  Fixture f;
  f.part();
  CHECK(f.lie(3, MailIn{f.a, 2, mail("x")}));
  CHECK(f.lie(2, MailIn{f.a, 1, mail("x")}));
  CHECK(f.lie(2, MailIn{f.a, 3, mail("x")}));
  CHECK(f.lie(3, MailOut{f.a, 2, mail("x")}));
  CHECK(f.lie(3, Drained{f.a, 2}));
  CHECK(f.lie(2, Drained{f.a, 1}));
  CHECK(f.lie(2, Drained{make_end(2, 60, 0), 1}));
}

TEST_CASE("core, directory: drained before the peer said fin is a lie") {
  Fixture f;
  f.part();
  CHECK(f.lie(3, Drained{f.b, 2}));
  CHECK(f.fin(2, f.a, 2).value() == 3);
  CHECK(f.say(3, Drained{f.b, 2}));
  CHECK(f.lie(3, Drained{f.b, 2}));
}

TEST_CASE("core, directory: an end in a message was released for it, and is seen once") {
  Fixture f;
  EndId way = boot_end_of_parent(3);
  auto send = [&](Carried carried) {
    return f.directory.route(2, {.end = way, .epoch = 1, .ports = {&carried, 1}}).has_value();
  };
  CHECK_FALSE(send({f.b, 7}));
  CHECK_FALSE(send({make_end(3, 40, 0), 7}));
  REQUIRE(f.say(2, Release{f.b, 1, 7, boot_end_of_child(3), {}, {}}));
  CHECK_FALSE(send({f.b, 8}));
  Carried right{f.b, 7};
  CHECK_FALSE(f.directory.route(2, {.end = boot_end_of_parent(4), .epoch = 1, .ports = {&right, 1}}).has_value());
  CHECK(send(right));
  CHECK_FALSE(send(right));
  CHECK(f.lie(2, Close{way, 1, CloseReason::closed, mail("x", {right})}));
  CHECK(send({}));
}

TEST_CASE("core, directory: an end in mail was released for it, and is there once") {
  Fixture f;
  REQUIRE(f.say(2, Release{f.b, 1, 7, boot_end_of_child(3), {}, {}}));
  EndId way = boot_end_of_parent(3);
  Carried right{f.b, 7};
  EndId over = boot_end_of_child(4);
  CHECK(f.lie(2, Release{way, 1, 8, over, {}, mail("x", {right, right})}));
  CHECK(f.lie(2, Release{way, 1, 8, over, {}, mail("x", {{f.b, 6}})}));
  CHECK(f.say(2, Release{way, 1, 8, over, {}, mail("x", {right})}));
  CHECK(f.lie(2, MailOut{way, 1, mail("again", {right})}));
  CHECK(f.lie(3, Claim{f.b, 7, boot_end_of_child(3)}));
}

TEST_CASE("core, directory: records go from anchor to anchor, in their epoch, until fin") {
  Fixture f;
  f.part();
  auto data = [&](NodeId from, EndId end, Epoch epoch) { return f.directory.route(from, {.end = end, .epoch = epoch}); };
  REQUIRE(f.directory.route(3, {.kind = RecordKind::credit, .end = f.b, .epoch = 2, .bytes = 100, .messages = 2}));
  CHECK(data(2, f.a, 2).value() == 3);
  CHECK_FALSE(data(4, f.a, 2));
  CHECK(data(4, f.a, 2).error().node == 4);
  CHECK_FALSE(data(3, f.a, 2));
  CHECK_FALSE(data(2, f.a, 1));
  CHECK_FALSE(data(2, f.a, 3));
  CHECK_FALSE(data(2, make_end(2, 40, 0), 1));
  CHECK_FALSE(f.directory.route(2, {.kind = RecordKind::lost, .end = f.a, .epoch = 2}));
  CHECK_FALSE(f.directory.route(2, {.kind = static_cast<RecordKind>(77), .end = f.a, .epoch = 2}));
  CHECK(f.fin(2, f.a, 2).value() == 3);
  CHECK_FALSE(data(2, f.a, 2));
  CHECK_FALSE(f.fin(2, f.a, 2));
}

TEST_CASE("core, directory: nobody sends more than was asked for, and nobody asks for more than the window") {
  Fixture f;
  f.part();
  auto data = [&](std::uint64_t size) { return f.directory.route(2, {.end = f.a, .epoch = 2, .bytes = size}).has_value(); };
  auto credit = [&](std::uint64_t bytes, std::uint32_t messages) {
    RecordView record{.kind = RecordKind::credit, .end = f.b, .epoch = 2, .bytes = bytes, .messages = messages};
    return f.directory.route(3, record).has_value();
  };
  CHECK_FALSE(data(1));
  CHECK_FALSE(credit(1001, 1));
  CHECK_FALSE(credit(~std::uint64_t{0}, 1));
  CHECK_FALSE(credit(1, 11));
  CHECK(credit(1000, 2));
  CHECK_FALSE(credit(1, 0));
  CHECK(data(1500));
  CHECK_FALSE(data(1));
  CHECK(credit(1500, 0));
  CHECK(data(1));
  CHECK_FALSE(data(1));
}

TEST_CASE("core, directory: what was said before a close was known is no lie") {
  Fixture f;
  f.part();
  REQUIRE(f.say(2, Close{.end = f.a, .epoch = 2}));
  REQUIRE(f.say(2, Drained{f.a, 2}));
  CHECK(f.directory.route(3, {.end = f.b, .epoch = 2}).has_value() == false);  // nothing was asked for: still a lie
  CHECK(f.fin(2, f.a, 2).value() == 3);
  REQUIRE(f.say(3, Drained{f.b, 2}));
  CHECK(f.sink.last<CloseFinal>(3)->end == f.b);
  CHECK(f.fin(3, f.b, 2).value() == 0);
  CHECK(f.directory.route(3, {.end = f.b, .epoch = 2}).value() == 0);
  REQUIRE(f.say(3, Close{.end = f.b, .epoch = 3}));
  CHECK(f.directory.route(3, {.end = f.b, .epoch = 2}).value() == 0);
  CHECK(f.say(3, Close{.end = f.b, .epoch = 3}));
  CHECK(f.say(3, Drained{f.b, 2}));
  CHECK(f.say(3, Release{f.b, 3, 9, boot_end_of_parent(3), {}, {}}));
  CHECK(f.sink.last<ReleaseAck>(3)->end == f.b);
}

TEST_CASE("core, directory: what one had not sent when it closed goes to the other, once all is drained") {
  Fixture f;
  f.part();
  REQUIRE(f.say(2, Close{f.a, 2, CloseReason::closed, mail("unsent")}));
  REQUIRE(f.say(2, Drained{f.a, 2}));
  CHECK(f.sink.last<CloseFinal>(3) == nullptr);
  REQUIRE(f.fin(2, f.a, 2));
  REQUIRE(f.say(3, Drained{f.b, 2}));
  const CloseFinal* last = f.sink.last<CloseFinal>(3);
  REQUIRE(last);
  CHECK(last->reason == CloseReason::closed);
  REQUIRE(last->in.size() == 1);
  CHECK(last->in[0].body == body("unsent"));
}

TEST_CASE("core, directory: nothing follows a loss") {
  Fixture f;
  f.part();
  REQUIRE(f.say(2, Close{f.a, 2, CloseReason::closed, mail("unsent")}));
  REQUIRE(f.say(2, Drained{f.a, 2}));
  f.directory.node_died(2);
  REQUIRE(f.sink.losses.size() == 3);  // a's, and the boot channels'
  REQUIRE(f.say(3, Drained{f.b, 2, true}));
  CHECK(f.sink.last<CloseFinal>(3)->in.empty());
  CHECK(f.directory.letters() == 0);
}

TEST_CASE("core, directory: what travelled to an end that dies dies with it, however deep") {
  Fixture f;
  REQUIRE(f.say(2, Create{make_end(2, 2, 0)}));
  EndId c = make_end(2, 2, 0), d = make_end(2, 2, 1);
  REQUIRE(f.say(2, Release{d, 1, 8, f.b, {}, {}}));
  REQUIRE(f.say(2, Release{f.b, 1, 7, boot_end_of_child(3), {}, {}}));
  CHECK(f.directory.limbo() == 2);
  for (EndId end : {c, d, f.a, f.b}) REQUIRE(f.say(2, Drained{end, 1}));
  REQUIRE(f.say(3, Close{.end = boot_end_of_child(3)}));
  CHECK(f.directory.limbo() == 0);
  CHECK(f.sink.last<CloseFinal>(2) != nullptr);
  CHECK(f.directory.gone(f.b));
  CHECK(f.directory.gone(d));
  CHECK(f.say(2, Release{c, 1, 9, boot_end_of_child(3), {}, {}}));
  CHECK(f.directory.gone(c));
}

TEST_CASE("core, directory: ends that wait for each other can never be received and die") {
  Fixture f;
  EndId c = make_end(2, 2, 0), d = make_end(2, 2, 1);
  REQUIRE(f.say(2, Create{c}));
  REQUIRE(f.say(2, Release{f.b, 1, 7, d, {}, {}}));  // b goes out from c, to d
  REQUIRE(f.say(2, Release{d, 1, 8, f.b, {}, {}}));  // and d from a, to b
  CHECK((f.directory.gone(f.b) || f.directory.gone(d)));
  CHECK(f.directory.limbo() == 0);
}

TEST_CASE("core, directory: an end that waits in the mail of an end that waits for it dies, on either side of the mail") {
  for (bool incoming : {true, false}) {
    Fixture f;
    EndId c = make_end(2, 2, 0), d = make_end(2, 2, 1);
    REQUIRE(f.say(2, Create{c}));
    EndId carrier = incoming ? c : d;       // the message from a to b's side waits with an end of the other channel
    REQUIRE(f.say(2, Release{f.b, 1, 7, carrier, {}, {}}));
    Mail in = incoming ? mail("m", {{f.b, 7}}) : Mail{};
    Mail out = incoming ? Mail{} : mail("m", {{f.b, 7}});
    REQUIRE(f.say(2, Release{c, 1, 8, boot_end_of_child(3), std::move(in), std::move(out)}));
    CHECK(f.directory.limbo() == 2);
    REQUIRE(f.say(2, Release{d, 1, 9, f.b, {}, {}}));
    CHECK(f.directory.limbo() < 3);
    CHECK((f.directory.gone(f.b) || f.directory.gone(d)));
  }
}

TEST_CASE("core, directory: too many ends on their way are refused, without blame") {
  Fixture f;
  for (std::uint64_t i = 2; i <= 3; ++i) REQUIRE(f.say(2, Create{make_end(2, i, 0)}));
  for (std::uint64_t i = 1; i <= 3; ++i) REQUIRE(f.say(2, Release{make_end(2, i, 0), 1, i, boot_end_of_child(3), {}, {}}));
  REQUIRE(f.say(2, Release{f.b, 1, 9, boot_end_of_child(3), {}, {}}));
  CHECK(f.directory.gone(f.b));
  CHECK(f.directory.limbo() == 3);
}

TEST_CASE("core, directory: mail beyond the quota closes its channel, without blame") {
  Fixture f;
  REQUIRE(f.say(2, Release{f.b, 1, 7, boot_end_of_child(3), mail(std::string(2000, 'x')), {}}));
  CHECK(f.directory.letters() == 0);
  CHECK(f.directory.kept_of(2) == 0);
  REQUIRE(f.say(2, Drained{f.a, 1}));
  REQUIRE(f.say(2, Drained{f.b, 1}));
  REQUIRE(f.sink.last<CloseFinal>(2));
  CHECK(f.sink.last<CloseFinal>(2)->reason == CloseReason::refused);
}

TEST_CASE("core, directory: a claim of an end that has died meanwhile is no lie, and brings its end") {
  Fixture f;
  for (std::uint64_t i = 2; i <= 3; ++i) REQUIRE(f.say(2, Create{make_end(2, i, 0)}));
  for (std::uint64_t i = 1; i <= 3; ++i) REQUIRE(f.say(2, Release{make_end(2, i, 0), 1, i, boot_end_of_child(3), {}, {}}));
  REQUIRE(f.say(2, Release{f.b, 1, 9, boot_end_of_child(3), {}, {}}));
  REQUIRE(f.say(3, Claim{f.b, 9, boot_end_of_child(3)}));
  REQUIRE(f.sink.last<CloseFinal>(3));
  CHECK(f.sink.last<CloseFinal>(3)->end == f.b);
  CHECK(f.directory.ends_of(3) == 1);
  CHECK(f.say(3, Close{.end = f.b}));
}

TEST_CASE("core, directory: a process that ends takes what it holds along, and its peers hear why") {
  Fixture f;
  f.part();
  f.directory.node_died(3, CloseReason::protocol);
  CHECK(f.sink.losses.size() == 2);
  CHECK(f.sink.losses[0].first == 2);
  REQUIRE(f.say(2, Drained{f.a, 2, true}));
  CHECK(f.sink.last<CloseFinal>(2)->end == f.a);
  CHECK(f.sink.last<CloseFinal>(2)->reason == CloseReason::protocol);
  CHECK(f.directory.ends_of(3) == 0);
  CHECK(f.say(3, Create{make_end(3, 1, 0)}));  // nobody is there: nothing happens
  CHECK_FALSE(f.directory.owner(make_end(3, 1, 0)));
  CHECK(f.fin(3, f.b, 2).value() == 0);
}

TEST_CASE("core, directory: an end that travels survives the process that sent it") {
  Fixture f;
  EndId c = make_end(2, 2, 0);
  REQUIRE(f.say(2, Create{c}));
  REQUIRE(f.say(2, Drained{f.a, 1}));
  REQUIRE(f.say(2, Drained{f.b, 1}));
  REQUIRE(f.say(2, Release{f.b, 1, 7, boot_end_of_child(3), {}, {}}));
  Carried carried{f.b, 7};
  REQUIRE(f.directory.route(2, {.end = boot_end_of_parent(3), .epoch = 1, .ports = {&carried, 1}}).value() == 3);
  f.directory.node_died(2);
  CHECK(f.say(3, Claim{f.b, 7, boot_end_of_child(3)}));
  CHECK(f.directory.owner(f.b) == 3u);
  CHECK(f.sink.last<CloseFinal>(3)->end == f.b);
}

}  // namespace mullion::node::core::testing
