#include <cstring>
#include <thread>

#include "fixture.hpp"
#include "mullion/transport/link.hpp"
#include "scene.hpp"

using namespace mullion;
using namespace mullion::transport;

namespace {

constexpr std::uint64_t second = 1'000'000'000;
constexpr std::uint64_t forever = 20 * second;

// Both ends in threads whose loops do not run.
struct Threads {
  Baseline baseline;
  std::unique_ptr<Loop> la = make_loop();
  std::unique_ptr<Loop> lb = make_loop();
  Links links;
  Recorder ha;
  std::thread other;

  explicit Threads(LinkOptions options) : links(make_links(*la, *lb, options)) { links.first->start(ha); }
  ~Threads() {
    links.first.reset();
    if (other.joinable()) other.join();
  }

  Link& a() { return *links.first; }

  // Answers every record until the other side closes.
  void echo() {
    Recorder hb;
    Link& b = *links.second;
    hb.record = [&](const RecordHeader& header, Bytes payload) { return b.send(header, std::span(&payload, 1)).has_value(); };
    b.start(hb);
    while (hb.closed.empty()) (void)b.wait(forever);
    links.second.reset();
  }
};

}  // namespace

TEST_CASE_TEMPLATE("wait: nothing comes, the time passes", M, EVERY_MEDIUM) {
  Pair pair(Pair::options<M>());
  run_idle(*pair.loop);
  const auto waited = pair.a->wait(1'000'000);
  REQUIRE(waited);
  CHECK_FALSE(*waited);
  CHECK_FALSE(pair.a->wait(0).value());
}

TEST_CASE_TEMPLATE("wait: what has come is delivered without the loop", M, EVERY_MEDIUM) {
  Pair pair(Pair::options<M>());
  run_idle(*pair.loop);
  CHECK(send(*pair.a, 1, "x"));
  pair.a->flush();
  CHECK(pair.b->wait(forever).value());
  CHECK(pair.hb.records.size() == 1);
  CHECK(pair.a->send_control(bytes_of("c")));
  CHECK(pair.b->wait(forever).value());
  CHECK(pair.hb.controls.size() == 1);
  CHECK(send(*pair.b, 1, "y"));
  REQUIRE(pair.until([&] { return pair.ha.records.size() == 1; }));
}

TEST_CASE_TEMPLATE("wait: inside on_record is refused, inside on_turn_end and on_control it serves", M, EVERY_MEDIUM) {
  Pair pair(Pair::options<M>());
  run_idle(*pair.loop);
  bool refused = false;
  int turns = 0;
  pair.hb.record = [&](const RecordHeader&, Bytes) {
    refused = pair.b->wait(0).error().code == "in-record";
    return true;
  };
  pair.hb.turn_end = [&] {
    if (++turns > 1) return;
    CHECK(send(*pair.a, 1, "nested"));
    pair.a->flush();
    CHECK(pair.b->wait(forever).value());
    CHECK(pair.hb.records.size() == 2);
  };
  CHECK(send(*pair.a, 1, "x"));
  REQUIRE(pair.until([&] { return turns == 2; }));
  CHECK(refused);
  pair.hb.control = [&](Bytes message) {
    if (text_of(message) == "2") return;
    CHECK(pair.a->send_control(bytes_of("2")));
    CHECK(pair.b->wait(forever).value());
    CHECK(pair.hb.controls.size() == 2);
  };
  CHECK(pair.a->send_control(bytes_of("1")));
  REQUIRE(pair.until([&] { return pair.hb.controls.size() == 2; }));
}

TEST_CASE_TEMPLATE("wait: a hang-up ends it, after what was committed", M, EVERY_MEDIUM) {
  Pair pair(Pair::options<M>());
  run_idle(*pair.loop);
  CHECK(send(*pair.a, 1, "last"));
  pair.a.reset();
  CHECK(pair.b->wait(forever).value());
  CHECK(pair.hb.records.size() == 1);
  const auto ended = pair.b->wait(forever);
  REQUIRE_FALSE(ended);
  CHECK(ended.error().kind == Kind::disconnected);
  CHECK(pair.hb.closed.size() == 1);
  CHECK(pair.b->wait(forever).error().kind == Kind::disconnected);
}

TEST_CASE_TEMPLATE("wait: two threads without loops, record after record", M, EVERY_MEDIUM) {
  Threads threads(Pair::options<M>());
  threads.other = std::thread([&] { threads.echo(); });
  for (std::size_t i = 1; i <= 3000; ++i) {
    REQUIRE(send(threads.a(), {.port = i}, pattern(i % 200, 1)));
    while (threads.ha.records.size() < i) REQUIRE(threads.a().wait(forever).value());
    REQUIRE(threads.ha.records.back().header.port == i);
  }
}

TEST_CASE_TEMPLATE("wait: two threads without loops, more than the ring holds", M, EVERY_MEDIUM) {
  LinkOptions options = Pair::options<M>();
  options.ring_bytes = 64 * 1024;
  Threads threads(options);
  threads.other = std::thread([&] { threads.echo(); });
  std::size_t sent = 0;
  for (unsigned i = 0; i < 200; ++i, ++sent) REQUIRE(send(threads.a(), {.port = i}, pattern(i * 97, i)));
  REQUIRE(send(threads.a(), {.port = sent++}, pattern(3'000'000, 5)));
  while (threads.ha.records.size() < sent) REQUIRE(threads.a().wait(forever).value());
  for (unsigned i = 0; i < 200; ++i) REQUIRE(threads.ha.records[i].payload == pattern(i * 97, i));
  CHECK(threads.ha.records[200].payload == pattern(3'000'000, 5));
}

TEST_CASE_TEMPLATE("wait: control wakes a thread that sleeps, and so does the end", M, EVERY_MEDIUM) {
  for (const bool close : {false, true}) {
    Threads threads(Pair::options<M>());
    threads.other = std::thread([&] {
      Recorder hb;
      threads.links.second->start(hb);
      while (hb.controls.empty() && threads.links.second->wait(forever)) {
      }
      close ? threads.links.second.reset() : (void)threads.links.second->send_control(bytes_of("back"));
      threads.links.second.reset();
    });
    CHECK(threads.a().send_control(bytes_of("go")));
    while (threads.ha.controls.empty() && threads.ha.closed.empty()) (void)threads.a().wait(forever);
    CHECK(threads.ha.controls.size() == (close ? 0 : 1));
  }
}

TEST_CASE("wait: a loop on one side, a thread without on the other") {
  Threads threads({.medium = Medium::shm, .trusted = true});
  threads.other = std::thread([&] { threads.echo(); });
  int rounds = 0;
  threads.ha.record = [&](const RecordHeader&, Bytes) {
    if (++rounds < 1000) CHECK(send(threads.a(), 1, "x"));
    return true;
  };
  CHECK(send(threads.a(), 1, "x"));
  CHECK(run_until(*threads.la, [&] { return rounds == 1000; }));
}

TEST_CASE("wait: a lie ends it") {
  Scene scene;
  const std::uint64_t word = 77;
  std::memcpy(scene.peer->own().ring(), &word, sizeof word);
  CHECK(scene.link->wait(forever).error().kind == Kind::disconnected);
  CHECK(scene.victim.closed_code() == "protocol");
}
