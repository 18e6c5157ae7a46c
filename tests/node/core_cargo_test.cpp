// The broker's half: ends on their way, and what they travel in.
#include <doctest/doctest.h>

#include "node/core_fixture.hpp"

namespace mullion::node::core::testing {

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

TEST_CASE(
    "core, directory: an end that waits in the mail of an end that waits for it dies, on either side of the mail") {
  for (bool incoming : {true, false}) {
    Fixture f;
    EndId c = make_end(2, 2, 0), d = make_end(2, 2, 1);
    REQUIRE(f.say(2, Create{c}));
    EndId carrier = incoming ? c : d;  // the message from a to b's side waits with an end of the other channel
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
  for (std::uint64_t i = 1; i <= 3; ++i)
    REQUIRE(f.say(2, Release{make_end(2, i, 0), 1, i, boot_end_of_child(3), {}, {}}));
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
  for (std::uint64_t i = 1; i <= 3; ++i)
    REQUIRE(f.say(2, Release{make_end(2, i, 0), 1, i, boot_end_of_child(3), {}, {}}));
  REQUIRE(f.say(2, Release{f.b, 1, 9, boot_end_of_child(3), {}, {}}));
  REQUIRE(f.say(3, Claim{f.b, 9, boot_end_of_child(3)}));
  REQUIRE(f.sink.last<CloseFinal>(3));
  CHECK(f.sink.last<CloseFinal>(3)->end == f.b);
  CHECK(f.directory.ends_of(3) == 1);
  CHECK(f.say(3, Close{.end = f.b}));
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

// Found by a random walk: the end stayed under way for ever.
TEST_CASE("core, directory: an end whose message has arrived dies if its receiver leaves without that message") {
  Fixture f;
  EndId carrier = make_end(2, 2, 0), travels = make_end(2, 3, 0);
  REQUIRE(f.say(2, Create{carrier}));
  REQUIRE(f.say(2, Create{travels}));
  REQUIRE(f.say(2, Release{travels, 1, 7, carrier, {}, {}}));
  REQUIRE(f.say(2, Release{peer_of(carrier), 1, 8, boot_end_of_child(3), {}, {}}));
  REQUIRE(f.say(2, Drained{carrier, 1}));
  REQUIRE(f.say(2, Drained{peer_of(carrier), 1}));
  auto leave = [&](Mail with) {
    REQUIRE(f.say(2, Release{carrier, 1, 9, boot_end_of_child(4), std::move(with), {}}));
    f.arrive(3, peer_of(carrier), 8);
    f.arrive(4, carrier, 9);
  };
  SUBCASE("because its process swallowed it") {
    leave({});
    CHECK(f.directory.gone(travels));
    CHECK(f.directory.limbo() == 0);
  }
  SUBCASE("and goes on if it left with it") {
    leave(mail("x", {{travels, 7}}));
    CHECK(f.say(4, Claim{travels, 7, carrier}));
    CHECK(f.directory.owner(travels) == 4u);
  }
}

}  // namespace mullion::node::core::testing
