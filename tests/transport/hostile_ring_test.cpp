#include <cstring>
#include <random>

#include "scene.hpp"
#include "transport/ring.hpp"

using namespace mullion;
using namespace mullion::transport;

namespace {

struct Head {
  std::uint64_t commit = 1;
  std::uint64_t port = 0;
  std::uint32_t epoch = 0;
  std::uint16_t kind = 0;
  std::uint16_t flags = 0;
  std::uint32_t length = 0;
  std::uint32_t rest = 0;
};
static_assert(sizeof(Head) == record_head_bytes);

// Writes a header at the ring's offset and rings.
void put(const RawPeer& peer, const Head& head, std::size_t offset = 0) {
  std::memcpy(peer.own().ring() + offset, &head, sizeof head);
  peer.ring();
}

constexpr std::uint32_t longest = min_ring_bytes / 8 - record_head_bytes;

}  // namespace

TEST_CASE("hostile: what a peer committed before its lie is delivered") {
  Scene scene;
  const auto text = bytes_of("fine");
  put(*scene.peer, {.length = 4, .rest = 0});
  std::memcpy(scene.peer->own().ring() + record_head_bytes, text.data(), 4);
  put(*scene.peer, {.commit = 65 + 64}, 64);
  scene.is_found_out("commit word");
  CHECK(scene.victim.records.size() <= 1);
}

TEST_CASE("hostile: a record's commit word") {
  for (const std::uint64_t word : {std::uint64_t{2}, std::uint64_t{65}, ~std::uint64_t{0}, std::uint64_t{1} << 63}) {
    Scene scene;
    put(*scene.peer, {.commit = word});
    scene.is_found_out("commit word");
  }
}

TEST_CASE("hostile: a record's length") {
  for (const std::uint32_t length : {longest + 1, 0x10000U, 0x7fffffffU}) {
    Scene scene;
    put(*scene.peer, {.length = length});
    scene.is_found_out("longer than a record may be");
  }
}

TEST_CASE("hostile: skipping the whole ring") {
  Scene scene;
  put(*scene.peer, {.length = 0xffffffff});
  scene.is_found_out("skipped");
}

TEST_CASE("hostile: a message longer than is accepted") {
  Scene scene({.medium = Medium::shm, .message_bytes = 1 << 20});
  put(*scene.peer, {.length = longest, .rest = 1 << 20});
  scene.is_found_out("longer than this side accepts");
}

TEST_CASE("hostile: a message whose parts do not belong together") {
  const Head first{.port = 1, .length = 10, .rest = 20};
  const Head lies[] = {{.commit = 65, .port = 2, .length = 10, .rest = 10},
                       {.commit = 65, .port = 1, .epoch = 1, .length = 10, .rest = 10},
                       {.commit = 65, .port = 1, .kind = 1, .length = 10, .rest = 10},
                       {.commit = 65, .port = 1, .flags = 1, .length = 10, .rest = 10},
                       {.commit = 65, .port = 1, .length = 10, .rest = 11},
                       {.commit = 65, .port = 1, .length = 0, .rest = 20},
                       {.commit = 65, .port = 1, .length = 30, .rest = 0}};
  for (const Head& lie : lies) {
    Scene scene;
    put(*scene.peer, lie, 64);
    put(*scene.peer, first);
    scene.is_found_out("do not belong together");
  }
}

TEST_CASE("hostile: a first part without payload") {
  Scene scene;
  put(*scene.peer, {.length = 0, .rest = 20});
  scene.is_found_out("empty");
}

TEST_CASE("hostile: a read position that cannot be") {
  for (const std::uint64_t position : {std::uint64_t{1} << 50, std::uint64_t{3}, ~std::uint64_t{0}}) {
    Scene scene;
    scene.peer->own().head().read_position = position;
    const auto payload = pattern(10'000, 1);
    for (int i = 0; i < 100; ++i) CHECK(send(*scene.link, {}, payload));
    scene.is_found_out("read position");
  }
}

TEST_CASE("hostile: a read position that goes back") {
  Scene scene;
  const auto payload = pattern(10'000, 1);
  while (scene.link->queued_bytes() == 0) CHECK(send(*scene.link, {}, payload));
  scene.link->flush();
  scene.peer->own().head().read_position = 256 * 1024;
  scene.peer->ring();
  run_idle(scene.loop);
  scene.peer->own().head().read_position = 128 * 1024;
  for (int i = 0; i < 100; ++i) (void)send(*scene.link, {}, payload);
  scene.is_found_out("read position");
}

TEST_CASE("hostile: sleep counts, wants and signals that mean nothing harm nobody") {
  Scene scene;
  std::mt19937 random(7);
  SegmentHead& head = scene.peer->own().head();
  for (int i = 0; i < 2000; ++i) {
    head.sleep = static_cast<std::uint32_t>(random());
    head.want = static_cast<std::uint32_t>(random());
    head.signal = static_cast<std::uint32_t>(random());
    head.controls = static_cast<std::uint32_t>(random());
    head.cpu = static_cast<std::uint32_t>(random());
    if (i < 1000) CHECK(send(*scene.link, 1, "x"));
    if (i % 100 == 0) CHECK(scene.link->wait(0));
    run_idle(scene.loop);
  }
  CHECK(scene.link->open());
  scene.goes_on();
}

TEST_CASE("hostile: doorbells without end keep nobody from their turn") {
  Scene scene;
  for (int i = 0; i < 50; ++i) {
    while (scene.peer->ring()) {
    }
    scene.goes_on();
  }
  CHECK(scene.link->open());
}

TEST_CASE("hostile: a peer that hangs up in the middle of everything") {
  for (int what = 0; what < 4; ++what) {
    Scene scene({.medium = Medium::shm}, what != 0);
    if (what == 1) CHECK(scene.peer->packet({.total = 300, .kind = PacketKind::control}, pattern(100, 1)));
    if (what == 2) put(*scene.peer, {.port = 1, .length = 10, .rest = 20});
    if (what == 3) CHECK(scene.peer->packet({.total_fds = 2, .kind = PacketKind::control}, {}, one(event())));
    scene.peer->hang_up();
    REQUIRE(run_until(scene.loop, [&] { return !scene.victim.closed.empty(); }));
    CHECK(scene.victim.closed_code() == "closed");
    CHECK(scene.victim.records.empty());
    CHECK(scene.victim.controls.empty());
  }
}
