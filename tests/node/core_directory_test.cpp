// The broker's half: who may say what, and what follows.
#include <doctest/doctest.h>

#include "node/core_fixture.hpp"

namespace mullion::node::core::testing {
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
  auto data = [&](NodeId from, EndId end, Epoch epoch) {
    return f.directory.route(from, {.end = end, .epoch = epoch});
  };
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
  auto data = [&](std::uint64_t size) {
    return f.directory.route(2, {.end = f.a, .epoch = 2, .bytes = size}).has_value();
  };
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

}  // namespace mullion::node::core::testing
