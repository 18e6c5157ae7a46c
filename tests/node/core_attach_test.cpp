// Attachments: the core carries them where a message goes and never looks at them.
#include <doctest/doctest.h>

#include "node/core_record.hpp"

// Stands for memory: the core knows no more of it than that it is there.
namespace mullion::node {
class Memory {};
}  // namespace mullion::node

namespace mullion::node::core::testing {
namespace {

struct LadenRecorder : Ports::Sink {
  bool laden_data(LinkId, EndId, Epoch, std::span<const Bytes>, std::span<const Carried>,
                  std::span<const Attachment> attachments) override {
    if (full) return false;
    sent.emplace_back(attachments.begin(), attachments.end());
    return true;
  }
  void up(Up&& message) override { ups.push_back(std::move(message)); }
  bool data(LinkId, EndId, Epoch, std::span<const Bytes>, std::span<const Carried>) override { return true; }
  void fin(LinkId, EndId, Epoch) override {}
  void credit(LinkId, EndId, Epoch, std::uint64_t, std::uint32_t) override {}
  void resume(LinkId) override {}
  void accuse(LinkId, std::string) override {}
  void over(LinkId) override {}
  bool offer(EndId, Bytes) override { return ++offers, true; }
  void ready(EndId) override {}
  void drained(EndId) override {}
  void closed(EndId, CloseReason) override {}

  std::vector<std::vector<Attachment>> sent;
  std::vector<Up> ups;
  int offers = 0;
  bool full = false;
};

struct Fixture {
  Result<> post(EndId end, std::vector<Attachment> attachments, std::vector<EndId> carried = {},
                PostRoom room = PostRoom::outbox) {
    Bytes part = bytes("x");
    return ports.post(end, {&part, 1}, carried, room, attachments);
  }
  EndId remote() {
    EndId end = boot_end_of_child(2);
    ports.adopt(end);
    return end;
  }

  LadenRecorder sink;
  Ports ports{{.node = 2}, sink};
};

std::vector<Attachment> some(std::size_t count) {
  std::vector<Attachment> all;
  for (std::size_t i = 0; i < count; ++i) all.push_back(std::make_shared<Memory>());
  return all;
}

}  // namespace

TEST_CASE("core, attachments: go with their message inside a process, in order") {
  Fixture f;
  auto [a, b] = *f.ports.create();
  const auto memory = some(2);
  CHECK(f.post(a, memory));
  f.ports.start(b);
  const auto taken = f.ports.take(b);
  REQUIRE(taken);
  CHECK(taken->attachments == memory);
}

TEST_CASE("core, attachments: go over a link, and a link that is full gets them later") {
  Fixture f;
  const EndId end = f.remote();
  const auto memory = some(2);
  f.sink.full = true;
  CHECK(f.post(end, memory));
  CHECK(f.sink.sent.empty());
  f.sink.full = false;
  f.ports.writable(broker_link);
  REQUIRE(f.sink.sent.size() == 1);
  CHECK(f.sink.sent[0] == memory);
}

TEST_CASE("core, attachments: weigh in the credit of an end") {
  Fixture f;
  const EndId end = f.remote();
  const std::size_t most = first_window_bytes / attachment_bytes;
  for (std::size_t i = 0; i < most; ++i) CHECK(f.post(end, some(1)));
  CHECK(f.sink.sent.size() == most);
  CHECK(f.post(end, some(1)));
  CHECK(f.sink.sent.size() == most);
  CHECK(f.post(end, some(1), {}, PostRoom::credit).error().kind == Kind::overloaded);
}

TEST_CASE("core, attachments: arrive with their message, which is never offered in place") {
  Fixture f;
  const EndId end = f.remote();
  f.ports.start(end);
  const auto memory = some(3);
  CHECK(f.ports.on_data(broker_link, peer_of(end), 1, bytes("y"), {}, memory) == Arrival::handled);
  CHECK(f.sink.offers == 0);
  CHECK(f.ports.take(end)->attachments == memory);
}

TEST_CASE("core, attachments: more than was asked for is a lie") {
  Fixture f;
  const EndId end = f.remote();
  Arrival last = Arrival::handled;
  std::size_t arrived = 0;
  for (; last == Arrival::handled && arrived < 10'000; ++arrived)
    last = f.ports.on_data(broker_link, peer_of(end), 1, {}, {}, some(16));
  CHECK(last == Arrival::lie);
  CHECK(arrived * 16 * attachment_bytes <= Quotas{}.window_bytes + 32 * attachment_bytes);
}

TEST_CASE("core, attachments: move with their end, unread and unsent") {
  Fixture f;
  auto [a, b] = *f.ports.create();
  const EndId way = f.remote();
  const auto in = some(1), out = some(2);
  CHECK(f.post(b, in));
  CHECK(f.post(way, {}, {a}));
  const auto* release = [&]() -> const Release* {
    for (const Up& up : f.sink.ups)
      if (const auto* found = std::get_if<Release>(&up)) return found;
    return nullptr;
  }();
  REQUIRE(release);
  REQUIRE(release->in.size() == 1);
  CHECK(release->in[0].attachments == in);
}

TEST_CASE("core, attachments: a letter that was cut ends its channel, and later ones do not follow it") {
  DirectoryRecorder sink;
  Directory directory(sink);
  directory.add_node(broker_node);
  directory.add_node(2);
  directory.create_between(broker_node, 2);
  const EndId a = make_end(2, 1, 0);
  CHECK(directory.handle(2, Create{a}));
  Mail mail;
  mail.push_back({.body = body("x"), .cut = true});
  CHECK(directory.handle(2, Release{a, 1, 7, boot_end_of_parent(2), std::move(mail), {}}));
  CHECK(directory.handle(2, Drained{a, 1}));
  CHECK(directory.handle(2, Drained{peer_of(a), 1}));
  const auto* last = sink.last<CloseFinal>(2);
  REQUIRE(last);
  CHECK(last->reason == CloseReason::refused);
}

TEST_CASE("core, attachments: a channel that is refused ends on both sides") {
  DirectoryRecorder sink;
  Directory directory(sink);
  directory.add_node(broker_node);
  directory.add_node(2);
  const auto [main, child] = directory.create_between(broker_node, 2);
  directory.refuse(child);
  CHECK(sink.losses == std::vector<std::pair<NodeId, EndId>>{{2, main}, {broker_node, child}});
  CHECK(directory.handle(2, Drained{child, 1, true}));
  CHECK(directory.handle(broker_node, Drained{main, 1, true}));
  REQUIRE(sink.last<CloseFinal>(2));
  CHECK(sink.last<CloseFinal>(2)->reason == CloseReason::refused);
  CHECK(sink.last<CloseFinal>(broker_node)->reason == CloseReason::refused);
}
}  // namespace mullion::node::core::testing
