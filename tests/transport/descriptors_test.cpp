// Descriptors that travel with records.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>

#include "process.hpp"
#include "protocol/link_generated.h"
#include "scene.hpp"

using namespace mullion;
using namespace mullion::transport;

namespace {

// One end of a pipe from which this text can be read.
UniqueFd holding(std::string_view text) {
  int ends[2];
  REQUIRE(pipe2(ends, O_CLOEXEC) == 0);
  const UniqueFd in(ends[1]);
  REQUIRE(write(in.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()));
  return UniqueFd(ends[0]);
}

std::vector<UniqueFd> holding_each(std::size_t count, std::string_view text) {
  std::vector<UniqueFd> fds;
  for (std::size_t i = 0; i < count; ++i) fds.push_back(holding(std::string(text) + std::to_string(i)));
  return fds;
}

std::string read_from(const UniqueFd& fd) {
  char buffer[64];
  const auto size = read(fd.get(), buffer, sizeof buffer);
  return size > 0 ? std::string(buffer, static_cast<std::size_t>(size)) : std::string();
}

// Keeps what records bring.
struct Keeper : Recorder {
  std::vector<std::vector<UniqueFd>> fds;
  int refusals = 0;  // before it takes one

  bool on_laden_record(const RecordHeader& header, Bytes payload, std::vector<UniqueFd>& brought) override {
    if (refusals > 0) return --refusals, false;
    fds.push_back(std::move(brought));
    return on_record(header, payload);
  }
};

struct LadenPair {
  explicit LadenPair(LinkOptions options) {
    std::tie(a, b) = make_links(*loop, *loop, options);
    a->start(ha);
    b->start(hb);
  }
  template <class M>
  static LinkOptions options() {
    return Pair::options<M>();
  }

  Baseline baseline;
  std::unique_ptr<Loop> loop = make_loop();
  Keeper ha, hb;
  std::unique_ptr<Link> a, b;

  bool until(const std::function<bool()>& holds) { return run_until(*loop, holds); }
};

Result<> send_with(Link& link, std::uint64_t port, Bytes payload, std::span<UniqueFd> fds) {
  return link.send({.port = port}, std::span(&payload, 1), fds);
}

// A record of one line at the ring's start, which announces descriptors.
void put_record(const RawPeer& peer, std::uint32_t fds, std::uint64_t position = 0) {
  const std::uint64_t words[] = {position + 1, 7, 0, std::uint64_t{fds} << 26};
  std::memcpy(peer.own().ring() + position + 8, words + 1, 3 * sizeof(std::uint64_t));
  std::memset(peer.own().ring() + position + 64, 0, 8);
  std::atomic_ref(*reinterpret_cast<std::uint64_t*>(peer.own().ring() + position)).store(words[0]);
  peer.ring();
}

bool put_fds(const RawPeer& peer, std::size_t count) {
  return peer.message(PacketKind::descriptors, {}, holding_each(count, "x"));
}

std::vector<std::byte> taken(std::uint32_t count) {
  const wire::Taken body(count);
  const auto view = std::as_bytes(std::span(&body, 1));
  return {view.begin(), view.end()};
}

}  // namespace

TEST_CASE_TEMPLATE("descriptors: arrive with their record, in order", M, EVERY_MEDIUM) {
  LadenPair pair(LadenPair::options<M>());
  for (std::uint64_t port = 1; port <= 40; ++port) {
    auto fds = holding_each(port % 3, std::to_string(port) + ":");
    CHECK(send_with(*pair.a, port, pattern(port * 40, 1), fds));
    for (const UniqueFd& fd : fds) CHECK_FALSE(fd);
  }
  REQUIRE(pair.until([&] { return pair.hb.records.size() == 40; }));
  std::size_t laden = 0;
  for (std::uint64_t port = 1; port <= 40; ++port) {
    CHECK(pair.hb.records[port - 1].header.port == port);
    CHECK(pair.hb.records[port - 1].payload == pattern(port * 40, 1));
    if (port % 3 == 0) continue;
    const auto& fds = pair.hb.fds[laden++];
    REQUIRE(fds.size() == port % 3);
    for (std::size_t i = 0; i < fds.size(); ++i)
      CHECK(read_from(fds[i]) == std::to_string(port) + ":" + std::to_string(i));
  }
  CHECK(laden == pair.hb.fds.size());
}

TEST_CASE_TEMPLATE("descriptors: arrive with a record of many parts", M, EVERY_MEDIUM) {
  LadenPair pair(LadenPair::options<M>());
  const auto payload = pattern(3 * 1024 * 1024 + 5, 2);
  auto fds = holding_each(16, "long");
  CHECK(send_with(*pair.a, 1, payload, fds));
  CHECK(send(*pair.a, 2, "after"));
  REQUIRE(pair.until([&] { return pair.hb.records.size() == 2; }));
  CHECK(pair.hb.records[0].payload == payload);
  REQUIRE(pair.hb.fds.size() == 1);
  CHECK(pair.hb.fds[0].size() == 16);
  CHECK(read_from(pair.hb.fds[0][15]) == "long15");
}

TEST_CASE_TEMPLATE("descriptors: far more than may be under way at once all arrive", M, EVERY_MEDIUM) {
  LadenPair pair(LadenPair::options<M>());
  std::size_t sent = 0;
  REQUIRE(pair.until([&] {
    for (; sent < 100; ++sent) {
      auto fds = holding_each(7, std::to_string(sent) + "-");
      if (!send_with(*pair.a, sent, {}, fds)) break;
    }
    return pair.hb.records.size() == 100;
  }));
  for (std::size_t i = 0; i < 100; ++i) CHECK(read_from(pair.hb.fds[i][6]) == std::to_string(i) + "-6");
}

TEST_CASE_TEMPLATE("descriptors: both directions at once", M, EVERY_MEDIUM) {
  LadenPair pair(LadenPair::options<M>());
  for (std::uint64_t i = 0; i < 30; ++i) {
    auto there = holding_each(5, "there"), back = holding_each(5, "back");
    CHECK(send_with(*pair.a, i, bytes_of("x"), there));
    CHECK(send_with(*pair.b, i, bytes_of("x"), back));
  }
  REQUIRE(pair.until([&] { return pair.ha.fds.size() == 30 && pair.hb.fds.size() == 30; }));
  CHECK(read_from(pair.ha.fds[29][4]) == "back4");
  CHECK(read_from(pair.hb.fds[29][4]) == "there4");
}

TEST_CASE_TEMPLATE("descriptors: too many or an empty one is refused, and all stay with the caller", M, EVERY_MEDIUM) {
  LadenPair pair(LadenPair::options<M>());
  auto many = holding_each(17, "many");
  const auto refused = send_with(*pair.a, 1, {}, many);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == Kind::invalid);
  for (const UniqueFd& fd : many) CHECK(fd);
  auto empty = holding_each(2, "empty");
  empty[1].reset();
  CHECK(send_with(*pair.a, 1, {}, empty).error().code == "descriptor");
  CHECK(empty[0]);
  CHECK(send(*pair.a, 2, "only this"));
  REQUIRE(pair.until([&] { return !pair.hb.records.empty(); }));
  CHECK(pair.hb.fds.empty());
}

TEST_CASE_TEMPLATE("descriptors: beyond the queue a sender is overloaded and keeps them", M, EVERY_MEDIUM) {
  LadenPair pair(LadenPair::options<M>());
  pair.hb.refusals = 1'000'000;
  std::size_t accepted = 0;
  std::vector<UniqueFd> fds;
  while (true) {
    fds = holding_each(16, "flood");
    if (auto sent = send_with(*pair.a, 1, {}, fds); !sent) {
      CHECK(sent.error().kind == Kind::overloaded);
      break;
    }
    REQUIRE(++accepted < 100);
    run_idle(*pair.loop);
  }
  for (const UniqueFd& fd : fds) CHECK(fd);
  CHECK(accepted * 16 <= max_fds_in_flight + 4 * max_fds_in_flight + 16);
  CHECK(pair.ha.writable == 0);
  pair.hb.refusals = 0;
  pair.b->resume();
  REQUIRE(pair.until([&] { return pair.hb.fds.size() == accepted && pair.ha.writable == 1; }));
}

TEST_CASE_TEMPLATE("descriptors: a refused record keeps them and comes again with them", M, EVERY_MEDIUM) {
  LadenPair pair(LadenPair::options<M>());
  pair.hb.refusals = 2;
  auto fds = holding_each(3, "again");
  CHECK(send_with(*pair.a, 1, bytes_of("x"), fds));
  CHECK(send(*pair.a, 2, "behind"));
  REQUIRE(pair.until([&] { return pair.b->resume(), pair.hb.records.size() == 2; }));
  REQUIRE(pair.hb.fds.size() == 1);
  CHECK(read_from(pair.hb.fds[0][2]) == "again2");
}

TEST_CASE_TEMPLATE("descriptors: that nobody takes are closed", M, EVERY_MEDIUM) {
  Pair pair(Pair::options<M>());
  auto fds = holding_each(16, "lost");
  CHECK(send_with(*pair.a, 1, bytes_of("x"), fds));
  REQUIRE(pair.until([&] { return pair.hb.records.size() == 1; }));
}

TEST_CASE_TEMPLATE("descriptors: under way or queued when the link ends are closed", M, EVERY_MEDIUM) {
  LadenPair pair(LadenPair::options<M>());
  run_idle(*pair.loop);
  pair.hb.refusals = 1'000'000;
  for (int i = 0; i < 15; ++i) {
    auto fds = holding_each(16, "end");
    CHECK(send_with(*pair.a, 1, bytes_of("x"), fds));
  }
  run_idle(*pair.loop);
  SUBCASE("by the sender") { pair.a.reset(); }
  SUBCASE("by the receiver") { pair.b.reset(); }
  run_idle(*pair.loop);
}

TEST_CASE_TEMPLATE("descriptors: what was sent before the other side accepted arrives", M, EVERY_MEDIUM) {
  Baseline baseline;
  auto loop = make_loop();
  Keeper ha, hb;
  auto [a, b] = make_links(*loop, *loop, LadenPair::options<M>());
  auto fds = holding_each(4, "early");
  CHECK(send_with(*a, 1, bytes_of("x"), fds));
  a->start(ha);
  run_idle(*loop);
  b->start(hb);
  REQUIRE(run_until(*loop, [&] { return hb.fds.size() == 1; }));
  CHECK(read_from(hb.fds[0][3]) == "early3");
}

TEST_CASE_TEMPLATE("descriptors: a thread in wait() gets the record when they have come", M, EVERY_MEDIUM) {
  if (M::medium == Medium::in_process) return;
  LadenPair pair(LadenPair::options<M>());
  run_idle(*pair.loop);
  auto fds = holding_each(2, "waited");
  CHECK(send_with(*pair.a, 1, bytes_of("x"), fds));
  pair.a->flush();
  const auto waited = pair.b->wait(test_deadline_ms * 1'000'000);
  REQUIRE(waited);
  CHECK(*waited);
  REQUIRE(pair.hb.fds.size() == 1);
  CHECK(read_from(pair.hb.fds[0][1]) == "waited1");
}

TEST_CASE("descriptors: a record waits for its own, and control passes it meanwhile") {
  Scene scene;
  put_record(*scene.peer, 2);
  run_idle(scene.loop);
  CHECK(scene.victim.records.empty());
  CHECK(scene.peer->message(PacketKind::control, bytes_of("control")));
  REQUIRE(run_until(scene.loop, [&] { return scene.victim.controls.size() == 1; }));
  CHECK(scene.victim.records.empty());
  CHECK(put_fds(*scene.peer, 2));
  REQUIRE(run_until(scene.loop, [&] { return scene.victim.records.size() == 1; }));
  CHECK(scene.victim.records[0].header.port == 7);
  CHECK(scene.link->open());
}

TEST_CASE("descriptors: a peer that hangs up without them ends the link, and its record is not delivered") {
  Scene scene;
  put_record(*scene.peer, 2);
  run_idle(scene.loop);
  scene.peer->hang_up();
  REQUIRE(run_until(scene.loop, [&] { return scene.victim.closed_code() == "closed"; }));
  CHECK(scene.victim.records.empty());
  scene.goes_on();
}

TEST_CASE("descriptors: that came before a hang-up are delivered with their record") {
  Scene scene;
  CHECK(put_fds(*scene.peer, 2));
  put_record(*scene.peer, 2);
  scene.peer->hang_up();
  REQUIRE(run_until(scene.loop, [&] { return scene.victim.closed_code() == "closed"; }));
  CHECK(scene.victim.records.size() == 1);
}

TEST_CASE("hostile: a record brings more or fewer descriptors than it says") {
  for (const std::size_t count : {std::size_t{1}, std::size_t{3}}) {
    Scene scene;
    CHECK(put_fds(*scene.peer, count));
    put_record(*scene.peer, 2);
    scene.is_found_out("other descriptors than it says");
    CHECK(scene.victim.records.empty());
  }
}

TEST_CASE("hostile: a record announces more descriptors than one may bring") {
  for (const std::uint32_t count : {17U, 30U, 31U}) {
    Scene scene;
    put_record(*scene.peer, count);
    scene.is_found_out("more descriptors than one may");
  }
}

TEST_CASE("hostile: descriptors that no record asks for, beyond what may be under way") {
  Scene scene;
  for (int i = 0; i < 4; ++i) CHECK(put_fds(*scene.peer, 16));
  run_idle(scene.loop);
  CHECK(scene.link->open());
  CHECK(put_fds(*scene.peer, 1));
  scene.is_found_out("More descriptors are under way");
}

TEST_CASE("hostile: a packet of descriptors with none, with too many, or with a body") {
  SUBCASE("none") {
    Scene scene;
    CHECK(put_fds(*scene.peer, 0));
    scene.is_found_out("not what one record brings");
  }
  SUBCASE("a body") {
    Scene scene;
    CHECK(scene.peer->message(PacketKind::descriptors, bytes_of("x"), one(event())));
    scene.is_found_out("not what one record brings");
  }
  SUBCASE("too many, in two packets") {
    Scene scene;
    CHECK(scene.peer->packet({.total_fds = 20, .kind = PacketKind::descriptors}, {}, holding_each(10, "x")));
    CHECK(scene.peer->packet({.total_fds = 20, .kind = PacketKind::descriptors}, {}, holding_each(10, "x")));
    scene.is_found_out("not what one record brings");
  }
}

TEST_CASE("hostile: descriptors before a medium was agreed") {
  Scene scene({.medium = Medium::shm}, false);
  CHECK(put_fds(*scene.peer, 1));
  scene.is_found_out("before a medium was agreed");
}

TEST_CASE("hostile: descriptors were taken that were not sent, or a word about it that is none") {
  SUBCASE("not sent") {
    Scene scene;
    CHECK(scene.peer->message(PacketKind::descriptors_taken, taken(1)));
    scene.is_found_out("taken that were not sent");
  }
  SUBCASE("none") {
    Scene scene;
    CHECK(scene.peer->message(PacketKind::descriptors_taken, taken(0)));
    scene.is_found_out("taken that were not sent");
  }
  SUBCASE("more than were sent") {
    Scene scene;
    auto fds = holding_each(3, "x");
    CHECK(send_with(*scene.link, 1, {}, fds));
    CHECK(scene.peer->message(PacketKind::descriptors_taken, taken(4)));
    scene.is_found_out("taken that were not sent");
  }
  SUBCASE("too short") {
    Scene scene;
    CHECK(scene.peer->message(PacketKind::descriptors_taken, bytes_of("xx")));
    scene.is_found_out("cannot be read");
  }
  SUBCASE("with a descriptor") {
    Scene scene;
    CHECK(scene.peer->message(PacketKind::descriptors_taken, taken(1), one(event())));
    scene.is_found_out("cannot be read");
  }
}

TEST_CASE("hostile: a continued record announces descriptors") {
  Scene scene;
  const std::uint64_t first[] = {1, 7, 0, 8 | (std::uint64_t{8} << 32)};
  const std::uint64_t second[] = {65, 7, 0, 8 | (std::uint64_t{1} << 26)};
  std::memcpy(scene.peer->own().ring(), first, sizeof first);
  std::memcpy(scene.peer->own().ring() + 64, second, sizeof second);
  scene.peer->ring();
  scene.is_found_out("do not belong together");
}
