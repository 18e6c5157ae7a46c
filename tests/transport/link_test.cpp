#include "mullion/transport/link.hpp"

#include <fcntl.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <numeric>
#include <string>

#include "fixture.hpp"

using namespace mullion;
using namespace mullion::transport;

namespace {

std::string numbers(const std::vector<Record>& records) {
  std::string all;
  for (const Record& record : records) all += text_of(record.payload) + " ";
  return all;
}

std::string counted(int from, int to) {
  std::string all;
  for (int i = from; i < to; ++i) all += std::to_string(i) + " ";
  return all;
}

}  // namespace

TEST_CASE("medium: every name is parsed back, another is an error that lists them") {
  for (const Medium medium : {Medium::automatic, Medium::shm, Medium::pipe, Medium::in_process}) {
    CHECK(parse_medium(to_string(medium)).value() == medium);
  }
  const auto unknown = parse_medium("pigeon");
  REQUIRE_FALSE(unknown);
  CHECK(unknown.error().message.find("pigeon") != std::string::npos);
  CHECK(unknown.error().message.find("in-process") != std::string::npos);
}

TEST_CASE("link: options out of range are named") {
  auto loop = make_loop();
  const auto refusal = [&](LinkOptions options) {
    auto sockets = Link::socket_pair();
    REQUIRE(sockets);
    const auto link = Link::offer(*loop, std::move(sockets->first), options);
    return link ? std::string() : link.error().code;
  };
  CHECK(refusal({.ring_bytes = 100'000}) == "ring_bytes");
  CHECK(refusal({.ring_bytes = 32 * 1024}) == "ring_bytes");
  CHECK(refusal({.ring_bytes = 32 * 1024 * 1024}) == "ring_bytes");
  CHECK(refusal({.message_bytes = 0}) == "message_bytes");
  CHECK(refusal({.message_bytes = std::size_t{2} << 30}) == "message_bytes");
  CHECK(refusal({.medium = Medium::in_process}) == "medium");
  CHECK(Link::accept(*loop, UniqueFd(eventfd(0, EFD_CLOEXEC)), {}).error().code == "socket");
  CHECK(Link::accept(*loop, UniqueFd(), {}).error().code == "socket");
}

TEST_CASE_TEMPLATE("link: records arrive with their address, in order", M, EVERY_MEDIUM) {
  Pair pair(Pair::options<M>());
  CHECK(send(*pair.a, {.port = 1ULL << 63, .epoch = 2, .kind = 3, .flags = 4}, bytes_of("0")));
  for (int i = 1; i < 100; ++i) CHECK(send(*pair.a, 5, std::to_string(i)));
  REQUIRE(pair.until([&] { return pair.hb.records.size() == 100; }));
  CHECK(numbers(pair.hb.records) == counted(0, 100));
  const RecordHeader& first = pair.hb.records[0].header;
  CHECK(first.port == 1ULL << 63);
  CHECK(first.epoch == 2);
  CHECK(first.kind == 3);
  CHECK(first.flags == 4);
  CHECK(pair.hb.records[99].header.port == 5);
  CHECK(pair.a->medium() == M::medium);
  CHECK(pair.b->medium() == M::medium);
}

TEST_CASE_TEMPLATE("link: both directions at once", M, EVERY_MEDIUM) {
  Pair pair(Pair::options<M>());
  for (int i = 0; i < 1000; ++i) {
    CHECK(send(*pair.a, 1, std::to_string(i)));
    CHECK(send(*pair.b, 2, std::to_string(i)));
  }
  REQUIRE(pair.until([&] { return pair.ha.records.size() == 1000 && pair.hb.records.size() == 1000; }));
  CHECK(numbers(pair.ha.records) == counted(0, 1000));
  CHECK(numbers(pair.hb.records) == counted(0, 1000));
}

TEST_CASE_TEMPLATE("link: ping and pong, many times", M, EVERY_MEDIUM) {
  Pair pair(Pair::options<M>());
  pair.hb.record = [&](const RecordHeader&, Bytes payload) { return send(*pair.b, 1, text_of(payload)).has_value(); };
  int rounds = 0;
  pair.ha.record = [&](const RecordHeader&, Bytes) {
    if (++rounds < 2000) CHECK(send(*pair.a, 1, std::to_string(rounds)));
    return true;
  };
  CHECK(send(*pair.a, 1, "0"));
  REQUIRE(pair.until([&] { return rounds == 2000; }));
  CHECK(numbers(pair.ha.records) == counted(0, 2000));
}

TEST_CASE_TEMPLATE("link: a payload in parts arrives as one", M, EVERY_MEDIUM) {
  Pair pair(Pair::options<M>());
  const auto text = bytes_of("one two");
  const Bytes parts[] = {Bytes(text).first(4), Bytes(), Bytes(text).subspan(4)};
  CHECK(pair.a->send({}, parts));
  CHECK(pair.a->send({}, {}));
  REQUIRE(pair.until([&] { return pair.hb.records.size() == 2; }));
  CHECK(text_of(pair.hb.records[0].payload) == "one two");
  CHECK(pair.hb.records[1].payload.empty());
}

TEST_CASE_TEMPLATE("link: records of every size arrive whole, in order", M, EVERY_MEDIUM) {
  LinkOptions options = Pair::options<M>();
  options.ring_bytes = 64 * 1024;
  Pair pair(options);
  std::size_t sizes[] = {0, 1, 31, 32, 33, 64, 4000, 8159, 8160, 8161, 32768, 32769, 65536, 200'000, 1 << 20, 5'000'000};
  for (std::size_t i = 0; i < std::size(sizes); ++i) {
    CHECK(send(*pair.a, {.port = i}, pattern(sizes[i], static_cast<unsigned>(i))));
  }
  REQUIRE(pair.until([&] { return pair.hb.records.size() == std::size(sizes); }));
  for (std::size_t i = 0; i < std::size(sizes); ++i) {
    CHECK(pair.hb.records[i].header.port == i);
    CHECK(pair.hb.records[i].payload == pattern(sizes[i], static_cast<unsigned>(i)));
  }
}

TEST_CASE_TEMPLATE("link: the ring wraps many times", M, EVERY_MEDIUM) {
  LinkOptions options = Pair::options<M>();
  options.ring_bytes = 64 * 1024;
  Pair pair(options);
  unsigned received = 0;
  pair.hb.record = [&](const RecordHeader& header, Bytes payload) {
    CHECK(header.port == received);
    const auto expected = pattern(header.port * 37 % 3000, received++);
    CHECK(std::equal(payload.begin(), payload.end(), expected.begin(), expected.end()));
    pair.hb.records.clear();
    return true;
  };
  for (unsigned i = 0; i < 3000; ++i) {
    CHECK(send(*pair.a, {.port = i}, pattern(i * 37 % 3000, i)));
    if (i % 10 == 0) pair.a->flush();
    if (i % 50 == 0) run_idle(*pair.loop);
  }
  CHECK(pair.until([&] { return received == 3000; }));
}

TEST_CASE_TEMPLATE("link: a record over the limit is refused by the sender", M, EVERY_MEDIUM) {
  LinkOptions options = Pair::options<M>();
  options.message_bytes = 100'000;
  Pair pair(options);
  CHECK(send(*pair.a, {}, pattern(100'000, 1)));
  const auto refused = send(*pair.a, {}, pattern(100'001, 1));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == Kind::invalid);
  CHECK(refused.error().message.find("100001") != std::string::npos);
  REQUIRE(pair.until([&] { return pair.hb.records.size() == 1; }));
  CHECK(pair.a->open());
}

TEST_CASE_TEMPLATE("link: beyond its queue a sender is overloaded, then hears of room", M, EVERY_MEDIUM) {
  LinkOptions options = Pair::options<M>();
  options.ring_bytes = 64 * 1024;
  options.queue_bytes = 100'000;
  Pair pair(options);
  const auto payload = pattern(1000, 1);
  std::size_t sent = 0;
  while (send(*pair.a, {}, payload)) ++sent;
  const auto refused = send(*pair.a, {}, payload);
  CHECK(refused.error().kind == Kind::overloaded);
  CHECK(sent >= 100);
  CHECK(pair.a->queued_bytes() <= 100'000);
  CHECK(pair.a->stats().queued_records <= 100);
  CHECK(pair.ha.writable == 0);
  REQUIRE(pair.until([&] { return pair.ha.writable > 0; }));
  CHECK(pair.a->queued_bytes() <= 50'000);
  CHECK(send(*pair.a, {}, payload));
  REQUIRE(pair.until([&] { return pair.hb.records.size() == sent + 1; }));
  CHECK(pair.ha.writable == 1);
  CHECK(pair.a->queued_bytes() == 0);
}

TEST_CASE_TEMPLATE("link: records are bounded in number too", M, EVERY_MEDIUM) {
  LinkOptions options = Pair::options<M>();
  options.ring_bytes = 64 * 1024;
  options.queue_records = 10;
  Pair pair(options);
  std::size_t sent = 0;
  while (send(*pair.a, 1, "x")) ++sent;
  CHECK(pair.a->stats().queued_records == 10);
  REQUIRE(pair.until([&] { return pair.hb.records.size() == sent; }));
  CHECK(pair.ha.writable == 1);
}

TEST_CASE_TEMPLATE("link: a refused record comes again after resume, and what follows it waits", M, EVERY_MEDIUM) {
  Pair pair(Pair::options<M>());
  int refusals = 0;
  pair.hb.record = [&](const RecordHeader&, Bytes payload) { return text_of(payload) != "3" || refusals++ > 0; };
  for (int i = 0; i < 10; ++i) CHECK(send(*pair.a, 1, std::to_string(i)));
  REQUIRE(pair.until([&] { return refusals == 1; }));
  CHECK(send(*pair.a, 1, "10"));
  run_idle(*pair.loop);
  CHECK(numbers(pair.hb.records) == counted(0, 3));
  CHECK(refusals == 1);
  pair.b->resume();
  REQUIRE(pair.until([&] { return pair.hb.records.size() == 11; }));
  CHECK(numbers(pair.hb.records) == counted(0, 11));
  CHECK(refusals == 2);
}

TEST_CASE_TEMPLATE("link: resume from inside the refusal is not lost", M, EVERY_MEDIUM) {
  Pair pair(Pair::options<M>());
  int refusals = 0;
  pair.hb.record = [&](const RecordHeader&, Bytes) {
    if (refusals == 5) return true;
    ++refusals;
    pair.b->resume();
    return false;
  };
  CHECK(send(*pair.a, 1, "x"));
  REQUIRE(pair.until([&] { return pair.hb.records.size() == 1; }));
  CHECK(refusals == 5);
}

TEST_CASE_TEMPLATE("link: a paused reader stops the sender at its bounds, and all arrives after", M, EVERY_MEDIUM) {
  LinkOptions options = Pair::options<M>();
  options.ring_bytes = 64 * 1024;
  options.queue_bytes = 200'000;
  Pair pair(options);
  bool take = false;
  pair.hb.record = [&](const RecordHeader&, Bytes) { return take; };
  unsigned sent = 0;
  for (int quiet = 0; quiet < 3; run_idle(*pair.loop), ++quiet) {
    for (; send(*pair.a, {.port = sent}, pattern(500, sent)); ++sent) quiet = 0;
  }
  CHECK(sent * 500 < 1'500'000);
  CHECK(pair.hb.records.empty());
  take = true;
  pair.b->resume();
  REQUIRE(pair.until([&] { return pair.hb.records.size() == sent; }));
  for (unsigned i = 0; i < sent; ++i) REQUIRE(pair.hb.records[i].payload == pattern(500, i));
}

TEST_CASE_TEMPLATE("link: a turn of the receiver is bounded", M, EVERY_MEDIUM) {
  Pair pair(Pair::options<M>());
  std::size_t largest = 0;
  std::size_t before = 0;
  pair.hb.turn_end = [&] {
    largest = std::max(largest, pair.hb.records.size() - before);
    before = pair.hb.records.size();
  };
  for (int i = 0; i < 5000; ++i) CHECK(send(*pair.a, 1, "x"));
  REQUIRE(pair.until([&] { return pair.hb.records.size() == 5000; }));
  CHECK(pair.hb.turns >= 5);
  CHECK(largest <= 1024);
}

TEST_CASE_TEMPLATE("link: what was sent before the other side was started arrives", M, EVERY_MEDIUM) {
  const Baseline baseline;
  auto loop = make_loop();
  auto [a, b] = make_links(*loop, *loop, Pair::options<M>());
  Recorder ha, hb;
  CHECK(send(*a, 1, "0"));
  CHECK(a->send_control(bytes_of("early")));
  a->start(ha);
  CHECK(send(*a, 1, "1"));
  run_idle(*loop);
  b->start(hb);
  CHECK(send(*b, 1, "back"));
  REQUIRE(run_until(*loop, [&] { return hb.records.size() == 2 && ha.records.size() == 1 && hb.controls.size() == 1; }));
  CHECK(numbers(hb.records) == "0 1 ");
}

TEST_CASE_TEMPLATE("link: a batch costs one doorbell", M, Shm, TrustedShm, InProcess) {
  LinkOptions options = Pair::options<M>();
  options.spin_ns = 0;
  Pair pair(options);
  run_idle(*pair.loop);
  const auto before = pair.a->stats().doorbells;
  for (int i = 0; i < 500; ++i) CHECK(send(*pair.a, 1, "x"));
  CHECK(pair.a->stats().doorbells == before);
  pair.a->flush();
  CHECK(pair.a->stats().doorbells == before + 1);
  CHECK(send(*pair.a, 1, "x"));
  pair.a->flush();
  CHECK(pair.a->stats().doorbells == before + 1);
  REQUIRE(pair.until([&] { return pair.hb.records.size() == 501; }));
}

TEST_CASE_TEMPLATE("link: statistics count both ways", M, EVERY_MEDIUM) {
  Pair pair(Pair::options<M>());
  CHECK(send(*pair.a, 1, "12345"));
  CHECK(send(*pair.a, 1, "678"));
  CHECK(pair.a->send_control(bytes_of("c")));
  REQUIRE(pair.until([&] { return pair.hb.records.size() == 2 && pair.hb.controls.size() == 1; }));
  CHECK(pair.a->stats().records_out == 2);
  CHECK(pair.a->stats().bytes_out == 8);
  CHECK(pair.a->stats().controls_out == 1);
  CHECK(pair.b->stats().records_in == 2);
  CHECK(pair.b->stats().bytes_in == 8);
  CHECK(pair.b->stats().controls_in == 1);
}

TEST_CASE("link: an idle link sleeps, and nobody rings") {
  Pair pair({.medium = Medium::shm});
  CHECK(send(*pair.a, 1, "x"));
  REQUIRE(pair.until([&] { return pair.hb.records.size() == 1; }));
  run_idle(*pair.loop);
  CHECK(pair.loop->timeout() == -1);
}
