#include <sys/resource.h>

#include <csignal>

#include "fixture.hpp"
#include "mullion/transport/link.hpp"

using namespace mullion;
using namespace mullion::transport;

TEST_CASE_TEMPLATE("close: everything sent before is delivered, then on_closed once", M, EVERY_MEDIUM) {
  Pair pair(Pair::options<M>());
  run_idle(*pair.loop);
  for (int i = 0; i < 100; ++i) CHECK(send(*pair.a, 1, std::to_string(i)));
  CHECK(pair.a->send_control(bytes_of("last")));
  pair.a->close();
  CHECK_FALSE(pair.a->open());
  REQUIRE(pair.until([&] { return !pair.hb.closed.empty(); }));
  run_idle(*pair.loop);
  CHECK(pair.hb.records.size() == 100);
  CHECK(pair.hb.controls.size() == 1);
  CHECK(pair.hb.closed.size() == 1);
  CHECK(pair.hb.closed_code() == "closed");
  CHECK(pair.hb.closed[0].kind == Kind::disconnected);
  CHECK(pair.ha.closed.empty());
  CHECK_FALSE(pair.b->open());
}

TEST_CASE_TEMPLATE("close: a paused reader gets the rest after resume, and on_closed only then", M, EVERY_MEDIUM) {
  Pair pair(Pair::options<M>());
  bool take = false;
  pair.hb.record = [&](const RecordHeader&, Bytes) { return take; };
  for (int i = 0; i < 50; ++i) CHECK(send(*pair.a, 1, std::to_string(i)));
  run_idle(*pair.loop);
  pair.a.reset();
  run_idle(*pair.loop);
  CHECK(pair.hb.closed.empty());
  CHECK(send(*pair.b, 1, "x").error().kind == Kind::disconnected);
  take = true;
  pair.b->resume();
  REQUIRE(pair.until([&] { return !pair.hb.closed.empty(); }));
  CHECK(pair.hb.records.size() == 50);
}

TEST_CASE_TEMPLATE("close: sending afterwards is disconnected on both sides", M, EVERY_MEDIUM) {
  Pair pair(Pair::options<M>());
  run_idle(*pair.loop);
  pair.a->close();
  CHECK(send(*pair.a, 1, "x").error().kind == Kind::disconnected);
  CHECK(pair.a->send_control(bytes_of("x")).error().kind == Kind::disconnected);
  REQUIRE(pair.until([&] { return !pair.hb.closed.empty(); }));
  CHECK(send(*pair.b, 1, "x").error().kind == Kind::disconnected);
  pair.a->close();
  pair.b->close();
  pair.b->flush();
  pair.b->resume();
}

TEST_CASE_TEMPLATE("close: destroying a link is closing it", M, EVERY_MEDIUM) {
  Pair pair(Pair::options<M>());
  run_idle(*pair.loop);
  CHECK(send(*pair.a, 1, "last"));
  pair.a.reset();
  REQUIRE(pair.until([&] { return !pair.hb.closed.empty(); }));
  CHECK(pair.hb.records.size() == 1);
}

TEST_CASE_TEMPLATE("close: before the other side was started", M, EVERY_MEDIUM) {
  const Baseline baseline;
  auto loop = make_loop();
  auto [a, b] = make_links(*loop, *loop, Pair::options<M>());
  a.reset();
  Recorder hb;
  b->start(hb);
  REQUIRE(run_until(*loop, [&] { return !hb.closed.empty(); }));
  CHECK(hb.closed_code() == "closed");
}

TEST_CASE_TEMPLATE("close: both at once", M, EVERY_MEDIUM) {
  Pair pair(Pair::options<M>());
  run_idle(*pair.loop);
  pair.a->close();
  pair.b->close();
  run_idle(*pair.loop);
  CHECK(pair.ha.closed.empty());
  CHECK(pair.hb.closed.empty());
}

TEST_CASE_TEMPLATE("close: from inside on_record, on_control, on_turn_end and on_closed", M, EVERY_MEDIUM) {
  for (int where = 0; where < 4; ++where) {
    CAPTURE(where);
    Pair pair(Pair::options<M>());
    const auto end = [&] { pair.b.reset(); };
    if (where == 0) pair.hb.record = [&](const RecordHeader&, Bytes) { return end(), true; };
    if (where == 1) pair.hb.control = [&](Bytes) { end(); };
    if (where == 2) pair.hb.turn_end = end;
    if (where == 3) pair.hb.ended = end;
    run_idle(*pair.loop);
    for (int i = 0; i < 3; ++i) CHECK(send(*pair.a, 1, "x"));
    CHECK(pair.a->send_control(bytes_of("x")));
    CHECK(pair.a->send_control(bytes_of("x")));
    if (where == 3) pair.a->close();
    REQUIRE(pair.until([&] { return !pair.b; }));
    run_idle(*pair.loop);
    CHECK(pair.hb.closed.size() == (where == 3 ? 1 : 0));
    if (where != 3) CHECK(pair.ha.closed.size() == 1);
  }
}

TEST_CASE_TEMPLATE("close: refusing a record and ending the link at once", M, EVERY_MEDIUM) {
  Pair pair(Pair::options<M>());
  pair.hb.record = [&](const RecordHeader&, Bytes) { return pair.b.reset(), false; };
  CHECK(send(*pair.a, 1, "x"));
  REQUIRE(pair.until([&] { return !pair.ha.closed.empty(); }));
}

TEST_CASE_TEMPLATE("close: a violation that the layer above found", M, EVERY_MEDIUM) {
  Pair pair(Pair::options<M>());
  pair.hb.record = [&](const RecordHeader&, Bytes) {
    pair.b->report_violation("Port 9 is not yours.");
    CHECK(pair.hb.closed.empty());
    return true;
  };
  CHECK(send(*pair.a, 1, "x"));
  CHECK(send(*pair.a, 1, "y"));
  REQUIRE(pair.until([&] { return !pair.hb.closed.empty() && !pair.ha.closed.empty(); }));
  CHECK(pair.hb.closed_code() == "protocol");
  CHECK(pair.hb.closed[0].message == "Port 9 is not yours.");
  CHECK(pair.hb.records.size() == 1);
  CHECK(pair.ha.closed_code() == "closed");
}

TEST_CASE("handshake: a side that wants the pipe gets it from an automatic one") {
  const Baseline baseline;
  auto loop = make_loop();
  auto sockets = Link::socket_pair();
  auto a = Link::offer(*loop, std::move(sockets->first), {.trusted = true});
  auto b = Link::accept(*loop, std::move(sockets->second), {.medium = Medium::pipe});
  Recorder ha, hb;
  (*a)->start(ha);
  (*b)->start(hb);
  CHECK((*a)->medium() == Medium::automatic);
  CHECK(send(**a, 1, "x"));
  REQUIRE(run_until(*loop, [&] { return hb.records.size() == 1; }));
  CHECK((*a)->medium() == Medium::pipe);
  CHECK((*b)->medium() == Medium::pipe);
}

TEST_CASE("handshake: sides that want different media close, and say why") {
  const Baseline baseline;
  auto loop = make_loop();
  auto sockets = Link::socket_pair();
  auto a = Link::offer(*loop, std::move(sockets->first), {.medium = Medium::shm});
  auto b = Link::accept(*loop, std::move(sockets->second), {.medium = Medium::pipe});
  Recorder ha, hb;
  (*a)->start(ha);
  (*b)->start(hb);
  CHECK(send(**a, 1, "x"));
  REQUIRE(run_until(*loop, [&] { return !ha.closed.empty() && !hb.closed.empty(); }));
  CHECK(ha.closed_code() == "refused");
  CHECK(ha.closed[0].message.find("wants pipe") != std::string::npos);
  CHECK(hb.closed_code() == "closed");
}

TEST_CASE("handshake: trust that one side does not have is not used") {
  const Baseline baseline;
  for (const bool maker_trusts : {false, true}) {
    auto loop = make_loop();
    auto sockets = Link::socket_pair();
    auto a = Link::offer(*loop, std::move(sockets->first), {.trusted = maker_trusts});
    auto b = Link::accept(*loop, std::move(sockets->second), {.trusted = !maker_trusts});
    Recorder ha, hb;
    (*a)->start(ha);
    (*b)->start(hb);
    hb.record = [&](const RecordHeader&, Bytes) { return send(**b, 1, "y").has_value(); };
    for (std::size_t i = 1; i < 10; ++i) {
      CHECK(send(**a, 1, "x"));
      REQUIRE(run_until(*loop, [&] { return ha.records.size() == i; }));
    }
  }
}

TEST_CASE("handshake: the lesser message limit counts on both sides") {
  const Baseline baseline;
  auto loop = make_loop();
  auto sockets = Link::socket_pair();
  auto a = Link::offer(*loop, std::move(sockets->first), {.message_bytes = 10'000});
  auto b = Link::accept(*loop, std::move(sockets->second), {.message_bytes = 20'000});
  Recorder ha, hb;
  (*a)->start(ha);
  (*b)->start(hb);
  CHECK(send(**a, 1, "x"));
  REQUIRE(run_until(*loop, [&] { return hb.records.size() == 1; }));
  CHECK(send(**b, {}, pattern(10'001, 1)).error().kind == Kind::invalid);
  CHECK(send(**b, {}, pattern(10'000, 1)));
  REQUIRE(run_until(*loop, [&] { return ha.records.size() == 1; }));
}

// No file may be as large as a segment: a maker falls back, and so does the other side.
TEST_CASE("handshake: where memory cannot be had the pipe is taken") {
  const Baseline baseline;
  rlimit before{};
  REQUIRE(getrlimit(RLIMIT_FSIZE, &before) == 0);
  const auto limit = [&](rlim_t bytes) {
    const rlimit limited{bytes, before.rlim_max};
    REQUIRE(setrlimit(RLIMIT_FSIZE, &limited) == 0);
  };
  const auto old_action = std::signal(SIGXFSZ, SIG_IGN);
  for (const bool maker_has_memory : {false, true}) {
    auto loop = make_loop();
    auto sockets = Link::socket_pair();
    if (!maker_has_memory) limit(64 * 1024);
    CHECK(Link::offer(*loop, UniqueFd(dup(sockets->first.get())), {.medium = Medium::shm}).has_value() ==
          maker_has_memory);
    sockets = Link::socket_pair();
    auto a = Link::offer(*loop, std::move(sockets->first), {});
    limit(64 * 1024);
    auto b = Link::accept(*loop, std::move(sockets->second), {});
    Recorder ha, hb;
    (*a)->start(ha);
    (*b)->start(hb);
    CHECK(send(**a, 1, "x"));
    CHECK(run_until(*loop, [&] { return hb.records.size() == 1; }));
    CHECK((*b)->medium() == Medium::pipe);
    limit(before.rlim_cur);
  }
  std::signal(SIGXFSZ, old_action);
}
