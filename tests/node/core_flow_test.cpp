#include <doctest/doctest.h>

#include "node/core_record.hpp"

namespace mullion::node::core::testing {
namespace {

struct Fixture {
  explicit Fixture(PortsOptions options = {}) : ports((options.node = 2, options), sink) {
    ports.adopt(end);
    sink.sent.clear();
  }
  Result<> post(std::size_t size, PostRoom room = PostRoom::outbox) {
    std::vector<std::byte> body(size);
    Bytes part = body;
    return ports.post(end, {&part, 1}, {}, room);
  }
  Arrival arrive(std::string_view text, std::span<const Carried> carried = {}) {
    return ports.on_data(broker_link, peer_of(end), 1, bytes(text), carried);
  }
  std::size_t sent(RecordKind kind) const {
    std::size_t count = 0;
    for (const Sent& record : sink.sent) count += record.kind == kind;
    return count;
  }

  PortsRecorder sink;
  Ports ports;
  EndId end = boot_end_of_child(2);
};

}  // namespace

TEST_CASE("core, flow: a message that there is credit for goes to the link as it is, without a copy") {
  Fixture f;
  std::string_view head = "head", tail = "tail";
  Bytes parts[] = {bytes(head), bytes(tail)};
  CHECK(f.ports.post(f.end, parts));
  REQUIRE(f.sink.sent.size() == 1);
  CHECK(f.sink.sent[0].first_part == bytes(head).data());
  CHECK(f.sink.sent[0].body == body("headtail"));
  CHECK(f.ports.queued_bytes(f.end) == 0);
}

TEST_CASE("core, flow: a message is offered before it is kept, if nothing waits before it") {
  Fixture f;
  CHECK(f.arrive("not started") == Arrival::handled);
  CHECK(f.sink.offered.empty());
  f.ports.start(f.end);
  CHECK(f.arrive("second") == Arrival::handled);
  CHECK(f.sink.offered.empty());
  CHECK(f.ports.take(f.end)->body == body("not started"));
  CHECK(f.ports.take(f.end)->body == body("second"));
  CHECK(f.arrive("declined") == Arrival::handled);
  CHECK(f.sink.offered.size() == 1);
  CHECK(f.ports.take(f.end)->body == body("declined"));
  f.sink.takes_offers = true;
  CHECK(f.arrive("consumed") == Arrival::handled);
  CHECK(f.sink.offered.size() == 2);
  CHECK_FALSE(f.ports.take(f.end));
  Carried carried{make_end(3, 1, 0), 5};
  CHECK(f.arrive("with a port", {&carried, 1}) == Arrival::handled);
  CHECK(f.sink.offered.size() == 2);
}

TEST_CASE("core, flow: no more is sent than the peer asked for, and the rest follows when it asks") {
  Fixture f({.window_bytes = 1000, .window_messages = 4});
  for (std::uint32_t i = 0; i < first_window_messages; ++i) CHECK(f.post(10));
  CHECK(f.sent(RecordKind::data) == first_window_messages);
  CHECK(f.post(10));
  CHECK(f.ports.queued_bytes(f.end) == 10);
  CHECK(f.post(10, PostRoom::credit).error().kind == Kind::overloaded);
  CHECK(f.sink.drains.empty());
  CHECK(f.ports.on_credit(broker_link, peer_of(f.end), 1, 0, 3) == Arrival::handled);
  CHECK(f.sent(RecordKind::data) == first_window_messages + 1);
  CHECK(f.sink.drains == std::vector{f.end});
  CHECK(f.post(10, PostRoom::credit));
}

TEST_CASE("core, flow: one message may be larger than what is left, and then nothing more") {
  Fixture f({.window_bytes = 1000});
  CHECK(f.post(first_window_bytes - 1));
  CHECK(f.post(5000));
  CHECK(f.post(1));
  CHECK(f.sent(RecordKind::data) == 2);
  CHECK(f.ports.on_credit(broker_link, peer_of(f.end), 1, 4999, 0) == Arrival::handled);
  CHECK(f.sent(RecordKind::data) == 2);
  CHECK(f.ports.on_credit(broker_link, peer_of(f.end), 1, 1, 0) == Arrival::handled);
  CHECK(f.sent(RecordKind::data) == 3);
}

TEST_CASE("core, flow: beyond the hard bound a post is refused, but never the first") {
  Fixture f({.window_bytes = 1000, .hard_bytes = 2000});
  CHECK(f.post(first_window_bytes));
  CHECK(f.post(5000));
  CHECK(f.post(1).error().kind == Kind::overloaded);
  CHECK(f.post(1).error().code == "queue-full");
  CHECK(f.ports.on_credit(broker_link, peer_of(f.end), 1, 6000, 10) == Arrival::handled);
  CHECK(f.sink.drains == std::vector{f.end});
  CHECK(f.post(1));
}

TEST_CASE("core, flow: a peer in this process that does not read is bounded, too") {
  Fixture f({.window_bytes = 100, .hard_bytes = 300});
  auto [a, b] = *f.ports.create();
  std::vector<std::byte> body(90);
  Bytes part = body;
  auto post = [&](PostRoom room) { return f.ports.post(a, {&part, 1}, {}, room); };
  CHECK(post(PostRoom::credit));
  CHECK(post(PostRoom::credit));
  CHECK_FALSE(post(PostRoom::credit));
  CHECK(post(PostRoom::outbox));
  CHECK_FALSE(post(PostRoom::outbox));
  CHECK(f.ports.queued_bytes(a) == 270);
  f.ports.start(b);
  while (f.ports.take(b)) {}
  CHECK(f.sink.drains == std::vector{a});
  CHECK(post(PostRoom::credit));
}

TEST_CASE("core, flow: a reader asks for more when half of its window is free, and a peer that sends more lies") {
  Fixture f({.window_bytes = 1 << 20, .window_messages = 1000});
  std::string big(first_window_bytes, 'x');
  CHECK(f.arrive(big) == Arrival::handled);
  CHECK(f.arrive("x") == Arrival::handled);  // adopt() had asked for the rest of the window
  Fixture small({.window_bytes = first_window_bytes, .window_messages = first_window_messages});
  CHECK(small.arrive(big) == Arrival::handled);
  CHECK(small.arrive("x") == Arrival::lie);
  small.ports.start(small.end);
  CHECK(small.ports.take(small.end));
  REQUIRE(small.sent(RecordKind::credit) == 1);
  CHECK(small.sink.sent.back().bytes == first_window_bytes);
  CHECK(small.arrive("x") == Arrival::handled);
}

TEST_CASE("core, flow: what an end had not read when an epoch begins counts against what it asks for") {
  Fixture f({.window_bytes = 1000, .window_messages = 10});
  CHECK(f.arrive(std::string(900, 'x')) == Arrival::handled);
  CHECK(f.ports.on_fin(broker_link, peer_of(f.end), 1) == Arrival::handled);
  f.sink.sent.clear();
  f.ports.on_down(Open{.end = f.end, .epoch = 2});
  REQUIRE(f.sink.sent.size() == 1);
  CHECK(f.sink.sent[0].kind == RecordKind::credit);
  CHECK(f.sink.sent[0].bytes == 100);
}

TEST_CASE("core, flow: a link without room keeps the order, and is tried again when it has") {
  Fixture f;
  f.sink.full = true;
  CHECK(f.post(1));
  CHECK(f.post(2));
  CHECK(f.sink.sent.empty());
  f.sink.full = false;
  CHECK(f.post(3));
  CHECK(f.sink.sent.empty());
  f.ports.writable(broker_link);
  REQUIRE(f.sink.sent.size() == 3);
  for (std::size_t i : {0, 1, 2}) CHECK(f.sink.sent[i].body.size() == i + 1);
}

TEST_CASE("core, flow: fin goes out although the link has no room, and what waits stays for the next epoch") {
  Fixture f;
  f.sink.full = true;
  CHECK(f.post(1));
  CHECK(f.ports.on_fin(broker_link, peer_of(f.end), 1) == Arrival::handled);
  REQUIRE(f.sink.sent.size() == 1);
  CHECK(f.sink.sent[0].kind == RecordKind::fin);
  f.sink.full = false;
  f.ports.writable(broker_link);
  CHECK(f.sink.sent.size() == 1);
  f.ports.on_down(Open{.end = f.end, .epoch = 2});
  CHECK(f.ports.on_credit(broker_link, peer_of(f.end), 2, 100, 10) == Arrival::handled);
  CHECK(f.sink.sent.back().epoch == 2);
  CHECK(f.sink.sent.back().kind == RecordKind::data);
}

}  // namespace mullion::node::core::testing
