// Payloads that are too long for the ring, in memory beside it.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <fstream>

#include "process.hpp"
#include "protocol/link_generated.h"
#include "scene.hpp"
#include "transport/memory.hpp"
#include "transport/pool.hpp"

using namespace mullion;
using namespace mullion::transport;

namespace {

constexpr std::uint32_t small_ring = min_ring_bytes;
constexpr std::size_t mib = 1024 * 1024;

std::vector<std::byte> about(std::uint32_t generation, std::uint32_t bytes) {
  const wire::Pool pool(generation, bytes);
  const auto view = std::as_bytes(std::span(&pool, 1));
  return {view.begin(), view.end()};
}

// A record whose payload lies in the pool, at the ring's start.
void put_place(const RawPeer& peer, std::uint32_t length, const PoolPlace& place) {
  const std::uint64_t words[] = {1, 0, 0, length | 0x80000000U};
  std::memcpy(peer.own().ring(), words, sizeof words);
  std::memcpy(peer.own().ring() + sizeof words, &place, sizeof place);
  peer.ring();
}

// A peer with a pool of its own, which it announced.
struct PoolScene : Scene {
  OwnSegment pool;

  bool announce(std::uint32_t generation, std::uint32_t bytes) {
    auto made = make_segment(bytes);
    REQUIRE(made);
    pool = std::move(made->first);
    return announce(generation, bytes, one(std::move(made->second)));
  }
  bool announce(std::uint32_t generation, std::uint32_t bytes, std::vector<UniqueFd> fds) {
    return peer->message(PacketKind::pool, about(generation, bytes), fds);
  }
};

std::size_t link_mappings() {
  std::ifstream maps("/proc/self/maps");
  std::size_t count = 0;
  for (std::string line; std::getline(maps, line);) count += line.find("memfd:mullion-link") != std::string::npos;
  return count;
}

}  // namespace

TEST_CASE("pool: room is taken in a circle and returned in the records' order") {
  auto [own, peers] = local_segment(min_pool_bytes);
  PoolWriter pool;
  pool.use(own, 1);
  const auto payload = pattern(min_pool_bytes, 3);
  const Bytes parts[] = {payload};
  constexpr std::uint32_t third = min_pool_bytes / 3;
  Gather gather(parts);
  const auto first = pool.put(gather, third, 64), second = pool.put(gather, third, 128);
  CHECK(first.offset == place_in_page);
  CHECK(second.offset >= third);
  CHECK(pool.has_room(third / 2));
  CHECK_FALSE(pool.has_room(third + 128));
  pool.returned(64);
  CHECK(pool.has_room(third));
  CHECK_FALSE(pool.has_room(third + 128));
  Gather more(parts);
  const auto third_place = pool.put(more, third, 192);
  CHECK(third_place.offset < second.offset);
  pool.returned(127);
  CHECK_FALSE(pool.has_room(third));
  pool.returned(192);
  CHECK(pool.has_room(min_pool_bytes - place_in_page));
}

TEST_CASE("pool: the first long payload brings the memory, a longer one more of it, and a short one none") {
  Pair pair({.medium = Medium::shm, .ring_bytes = small_ring});
  std::size_t arrived = 0;
  const auto exchange = [&](std::size_t size) {
    const auto sent = pattern(size, static_cast<unsigned>(size));
    CHECK(send(*pair.a, {.port = 1}, sent));
    REQUIRE(pair.until([&] { return pair.hb.records.size() == arrived + 1; }));
    CHECK(pair.hb.records[arrived++].payload == sent);
    return pair.a->stats().pool_bytes;
  };
  CHECK(exchange(8000) == 0);
  CHECK(exchange(50'000) == min_pool_bytes);
  CHECK(exchange(8000) == min_pool_bytes);
  CHECK(exchange(mib) == 4 * mib);
  CHECK(exchange(50'000) == 4 * mib);
  CHECK(exchange(20 * mib) == max_pool_bytes);
  CHECK(exchange(3 * mib) == max_pool_bytes);
  CHECK(pair.b->stats().pool_bytes == 0);
  CHECK(link_mappings() == 6);  // both ends are here: two rings and one pool, each mapped twice
}

TEST_CASE("pool: many long payloads under way at once, mixed with short ones, arrive whole and in order") {
  Pair pair({.medium = Medium::shm, .ring_bytes = small_ring});
  const std::size_t sizes[] = {mib, 10, 300'000, 8161, 2 * mib, 0, 70'000, 5 * mib};
  constexpr unsigned count = 40;
  for (unsigned i = 0; i < count; ++i) CHECK(send(*pair.a, {.port = i}, pattern(sizes[i % std::size(sizes)], i)));
  unsigned arrived = 0;
  pair.hb.record = [&](const RecordHeader& header, Bytes payload) {
    CHECK(header.port == arrived);
    const auto sent = pattern(sizes[arrived % std::size(sizes)], arrived);
    CHECK(std::equal(payload.begin(), payload.end(), sent.begin(), sent.end()));
    ++arrived;
    pair.hb.records.clear();
    return true;
  };
  REQUIRE(pair.until([&] { return arrived == count; }));
}

TEST_CASE("pool: a side that takes none, or makes none, gets everything through the ring") {
  for (const bool makes : {false, true}) {
    const Baseline baseline;
    auto loop = make_loop();
    auto sockets = Link::socket_pair();
    const LinkOptions with{.medium = Medium::shm}, without{.medium = Medium::shm, .pool_bytes = 0};
    auto a = Link::offer(*loop, std::move(sockets->first), makes ? with : without);
    auto b = Link::accept(*loop, std::move(sockets->second), makes ? without : with);
    Recorder ha, hb;
    (*a)->start(ha);
    (*b)->start(hb);
    const auto sent = pattern(3 * mib, 5);
    CHECK(send(**a, {}, sent));
    CHECK(send(**b, {}, sent));
    REQUIRE(run_until(*loop, [&] { return ha.records.size() == 1 && hb.records.size() == 1; }));
    CHECK(ha.records[0].payload == sent);
    CHECK(hb.records[0].payload == sent);
    CHECK((*a)->stats().pool_bytes == 0);
    CHECK((*b)->stats().pool_bytes == 0);
  }
}

TEST_CASE("pool: a size that no pool has is refused by name") {
  const Baseline baseline;
  auto loop = make_loop();
  auto sockets = Link::socket_pair();
  auto link = Link::offer(*loop, std::move(sockets->first), {.pool_bytes = 300'000});
  REQUIRE_FALSE(link);
  CHECK(link.error().kind == Kind::invalid);
  CHECK(link.error().code == "pool_bytes");
}

TEST_CASE("pool: a sandboxed process borrows its memory, and writes there from then on") {
  ProcessScene scene("sandboxed poll", {.medium = Medium::shm, .sandboxed = true});
  const auto before = link_mappings();
  const auto sent = pattern(mib, 4);
  for (std::size_t round = 1; round <= 4; ++round) {
    CHECK(send(*scene.link, {.port = round}, sent));
    REQUIRE(scene.until([&] { return scene.handler.records.size() == round; }));
    CHECK(scene.handler.records[round - 1].payload == sent);
  }
  CHECK(scene.link->stats().pool_bytes == 4 * mib);
  CHECK(link_mappings() == before + 3);  // the peer's ring since it agreed, and both pools
}

TEST_CASE("pool: a sandboxed process with ever longer payloads at once wants one memory after the other") {
  ProcessScene scene("sandboxed poll", {.medium = Medium::shm, .ring_bytes = small_ring, .sandboxed = true});
  const std::size_t sizes[] = {70'000, 300'000, mib, 3 * mib, 5 * mib};
  std::size_t arrived = 0;
  for (int round = 0; round < 3; ++round) {
    for (std::size_t size : sizes) CHECK(send(*scene.link, {.port = size}, pattern(size, 9)));
    for (std::size_t size : sizes) {
      REQUIRE(scene.until([&] { return scene.handler.records.size() > arrived || !scene.handler.closed.empty(); }));
      REQUIRE(scene.handler.closed.empty());
      CHECK(scene.handler.records[arrived++].payload == pattern(size, 9));
    }
  }
}

// ---- hostile peers

TEST_CASE("hostile: a pool that is announced and used") {
  PoolScene scene;
  const auto text = bytes_of("in the pool");
  CHECK(scene.announce(1, min_pool_bytes));
  std::memcpy(scene.pool.ring() + 100, text.data(), text.size());
  put_place(*scene.peer, static_cast<std::uint32_t>(text.size()), {1, 100});
  REQUIRE(run_until(scene.loop, [&] { return scene.victim.records.size() == 1; }));
  CHECK(text_of(scene.victim.records[0].payload) == "in the pool");
  CHECK(scene.victim.closed.empty());
}

TEST_CASE("hostile: a record names memory that is not there") {
  const PoolPlace places[] = {
      {1, min_pool_bytes}, {1, min_pool_bytes - 9}, {1, 0xffffffff}, {0, 0}, {most_pools + 1, 0}};
  for (const auto& place : places) {
    PoolScene scene;
    CHECK(scene.announce(1, min_pool_bytes));
    put_place(*scene.peer, 10, place);
    scene.is_found_out("memory that is not there");
  }
  for (const std::uint32_t length : {0U, max_pool_bytes + 1, 0x7ffffffeU}) {
    Scene scene;
    put_place(*scene.peer, length, {1, 0});
    scene.is_found_out("more than a pool holds");
  }
}

TEST_CASE("hostile: a record waits for memory that never comes, and the link only for that") {
  Scene scene;
  put_place(*scene.peer, 10, {1, 0});
  CHECK(scene.peer->message(PacketKind::control, bytes_of("control")));
  REQUIRE(run_until(scene.loop, [&] { return scene.victim.controls.size() == 1; }));
  run_idle(scene.loop);
  CHECK(scene.victim.records.empty());
  CHECK(scene.victim.closed.empty());
  scene.goes_on();
  scene.peer->hang_up();
  REQUIRE(run_until(scene.loop, [&] { return !scene.victim.closed.empty(); }));
  CHECK(scene.victim.closed_code() == "closed");
  CHECK(scene.victim.records.empty());
}

TEST_CASE("hostile: a pool of a size that no pool has, out of turn, or that does not grow") {
  for (const auto& [generation, bytes] :
       {std::pair(1U, 0U), {1U, 1U << 16}, {1U, min_pool_bytes + 1}, {1U, 2 * max_pool_bytes}, {1U, 0x80000000U}}) {
    PoolScene scene;
    CHECK(scene.announce(generation, bytes, {}));
    scene.is_found_out("size that no pool has");
  }
  for (const std::uint32_t generation : {0U, 2U, 0xffffffffU}) {
    PoolScene scene;
    CHECK(scene.announce(generation, min_pool_bytes));
    scene.is_found_out("not the one after the last");
  }
  PoolScene scene;
  CHECK(scene.announce(1, 2 * min_pool_bytes));
  CHECK(scene.announce(2, 2 * min_pool_bytes));
  scene.is_found_out("does not grow");
}

TEST_CASE("hostile: a pool over what this side takes") {
  Scene scene({.medium = Medium::shm, .pool_bytes = min_pool_bytes});
  auto made = make_segment(2 * min_pool_bytes);
  const auto fds = one(std::move(made->second));
  CHECK(scene.peer->message(PacketKind::pool, about(1, 2 * min_pool_bytes), fds));
  scene.is_found_out("larger than it may be");
}

TEST_CASE("hostile: a pool without memory, with two, or with one that is not sealed, whole or of that size") {
  {
    PoolScene scene;
    CHECK(scene.announce(1, min_pool_bytes, {}));
    scene.is_found_out("other descriptors");
  }
  {
    PoolScene scene;
    auto fds = one(event());
    fds.push_back(event());
    CHECK(scene.announce(1, min_pool_bytes, std::move(fds)));
    scene.is_found_out("other descriptors");
  }
  {
    PoolScene scene;
    CHECK(scene.announce(1, min_pool_bytes, one(event())));
    scene.is_found_out("not a memory file");
  }
  {
    PoolScene scene;
    auto made = make_segment(min_pool_bytes);
    CHECK(scene.announce(1, 2 * min_pool_bytes, one(std::move(made->second))));
    scene.is_found_out("bytes instead of");
  }
  {
    PoolScene scene;
    UniqueFd hole(memfd_create("hole", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    REQUIRE(ftruncate(hole.get(), static_cast<off_t>(segment_bytes(min_pool_bytes))) == 0);
    REQUIRE(fcntl(hole.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_FUTURE_WRITE | F_SEAL_SEAL) == 0);
    CHECK(scene.announce(1, min_pool_bytes, one(std::move(hole))));
    scene.is_found_out("not reserved");
  }
  {
    PoolScene scene;
    auto lent = make_lent_segment(min_pool_bytes);
    CHECK(scene.announce(1, min_pool_bytes, one(std::move(*lent))));
    scene.is_found_out("lacks seals");
  }
}

TEST_CASE("hostile: packets about pools that cannot be read, or that nobody may send") {
  for (const auto kind : {PacketKind::pool, PacketKind::pool_wanted, PacketKind::pool_lent}) {
    Scene scene;
    CHECK(scene.peer->message(kind, bytes_of("short")));
    scene.is_found_out("cannot be read");
  }
  {
    Scene scene;
    CHECK(scene.peer->message(PacketKind::pool_wanted, about(1, min_pool_bytes)));
    scene.is_found_out("where none can be had");
  }
  {
    Scene scene;
    auto lent = make_lent_segment(min_pool_bytes);
    const auto fds = one(std::move(*lent));
    CHECK(scene.peer->message(PacketKind::pool_lent, about(1, min_pool_bytes), fds));
    scene.is_found_out("lent that was not wanted");
  }
  Scene early({.medium = Medium::shm}, false);
  CHECK(early.peer->message(PacketKind::pool, about(1, min_pool_bytes)));
  early.is_found_out("was not agreed");
}

TEST_CASE("hostile: a borrower that wants twice at once, or says that it mapped what it was not lent") {
  const LinkOptions lending{.medium = Medium::shm, .ring_bytes = min_ring_bytes, .sandboxed = true};
  const auto accept = write_accept({.ring_bytes = min_ring_bytes, .message_bytes = mib});
  const auto agreed = [&](Scene& scene) {
    scene.peer->take_offer();
    CHECK(scene.peer->message(PacketKind::accept, accept));
    REQUIRE(run_until(scene.loop, [&] { return scene.link->medium() == Medium::shm; }));
  };
  {
    Scene scene(lending, false);
    agreed(scene);
    for (int i = 0; i < 2; ++i) CHECK(scene.peer->message(PacketKind::pool_wanted, about(1, min_pool_bytes)));
    scene.is_found_out("where none can be had");
  }
  {
    Scene scene(lending, false);
    agreed(scene);
    CHECK(scene.peer->message(PacketKind::pool, about(1, min_pool_bytes)));
    scene.is_found_out("not the one that was lent");
  }
  {
    Scene scene(lending, false);
    agreed(scene);
    CHECK(scene.peer->message(PacketKind::pool_wanted, about(1, min_pool_bytes)));
    CHECK(scene.peer->message(PacketKind::pool, about(1, 2 * min_pool_bytes)));
    scene.is_found_out("not the one that was lent");
  }
  Scene scene(lending, false);
  agreed(scene);
  auto made = make_segment(min_pool_bytes);
  const auto fds = one(std::move(made->second));
  CHECK(scene.peer->message(PacketKind::pool_wanted, about(1, min_pool_bytes)));
  CHECK(scene.peer->message(PacketKind::pool, about(1, min_pool_bytes), fds));
  scene.is_found_out("other descriptors");
}
