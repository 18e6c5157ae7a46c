// A link into a process behind Chromium's kernel filter, and what a hostile one may do with the memory that it is lent.
#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/mman.h>

#include <cstring>

#include "process.hpp"
#include "scene.hpp"
#include "transport/memory.hpp"

using namespace mullion;
using namespace mullion::transport;

namespace {

const char* const roles[] = {"sandboxed poll", "sandboxed wait", "sandboxed pump", "sandboxed wait and pump"};

void over_each_sandbox(void (*body)(ProcessScene&)) {
  for (const char* role : roles) {
    for (const Medium medium : {Medium::shm, Medium::pipe}) {
      CAPTURE(std::string(role));
      CAPTURE(to_string(medium));
      ProcessScene scene(role, {.medium = medium, .sandboxed = true});
      body(scene);
    }
  }
}

int forbidden(const std::string& what) {
  auto sockets = Link::socket_pair();
  REQUIRE(sockets);
  Process process(std::move(sockets->second), "forbidden", what);
  return process.join();
}

constexpr std::uint32_t ring = min_ring_bytes;
const LinkOptions lending{.medium = Medium::shm, .ring_bytes = ring, .sandboxed = true};
const auto segment_size = static_cast<off_t>(segment_bytes(ring));

// A hostile process that was lent memory and has not accepted.
struct Borrower : Scene {
  Borrower() : Scene(lending, false) {
    CHECK(peer->take_offer().lent_ring_bytes == ring);
    REQUIRE(peer->offered().size() == 2);
  }
  int lent() { return peer->offered()[1].get(); }
  void* map() {
    void* memory = mmap(nullptr, segment_size, PROT_READ | PROT_WRITE, MAP_SHARED, lent(), 0);
    return memory == MAP_FAILED ? nullptr : memory;
  }
  bool accept(std::uint32_t ring_bytes = ring, std::span<const UniqueFd> fds = {}) {
    return peer->message(PacketKind::accept, write_accept({.ring_bytes = ring_bytes, .message_bytes = 1 << 20}), fds);
  }
  void is_agreed() {
    REQUIRE(run_until(loop, [&] { return link->medium() == Medium::shm || !victim.closed.empty(); }));
    CHECK(victim.closed.empty());
  }
};

struct Mapping {
  explicit Mapping(void* at) : at(at) { REQUIRE(at != nullptr); }
  ~Mapping() { munmap(at, segment_size); }
  void* at;
};

}  // namespace

TEST_CASE("sandbox: the tests' filter kills and refuses what Chromium's does, a plain loop's watch included") {
  for (const char* what : {"getsockopt", "setsockopt", "seal", "plain-watch"}) {
    CAPTURE(std::string(what));
    const int status = forbidden(what);
    CHECK(WIFSIGNALED(status));
    CHECK(WTERMSIG(status) == SIGSYS);
  }
  CHECK(WEXITSTATUS(forbidden("reserve")) == EPERM);
  CHECK(WEXITSTATUS(forbidden("connect")) == EPERM);
  CHECK(WEXITSTATUS(forbidden("pidfd")) == ENOSYS);
  CHECK(forbidden("seal-size") == 0);
}

TEST_CASE("sandbox: records, large ones too, and control with descriptors go there and back") {
  over_each_sandbox([](ProcessScene& scene) {
    for (unsigned i = 0; i < 300; ++i) CHECK(send(*scene.link, {.port = i}, pattern(i * 20, i)));
    CHECK(send(*scene.link, {.port = 300}, pattern(3'000'000, 7)));
    UniqueFd event(eventfd(9, EFD_CLOEXEC | EFD_NONBLOCK));
    CHECK(scene.link->send_control(bytes_of("with"), std::span(&event, 1)));
    REQUIRE(scene.until([&] { return scene.handler.records.size() == 301 && scene.handler.controls.size() == 1; }));
    for (unsigned i = 0; i < 300; ++i) CHECK(scene.handler.records[i].payload == pattern(i * 20, i));
    CHECK(scene.handler.records[300].payload == pattern(3'000'000, 7));
    REQUIRE(scene.handler.controls[0].fds.size() == 1);
    eventfd_t value = 0;
    CHECK(eventfd_read(scene.handler.controls[0].fds[0].get(), &value) == 0);
    CHECK(value == 9);
    scene.handler.controls.clear();
    CHECK(send(*scene.link, 1, "stop"));
    REQUIRE(scene.until([&] { return !scene.handler.closed.empty(); }));
    CHECK(scene.handler.closed_code() == "closed");
    CHECK(scene.process->join() == 0);
  });
}

TEST_CASE("sandbox: records go back and forth one by one") {
  over_each_sandbox([](ProcessScene& scene) {
    std::uint64_t rounds = 0;
    scene.handler.record = [&](const RecordHeader& header, Bytes) {
      CHECK(header.port == rounds);
      scene.handler.records.clear();
      if (++rounds < 500) CHECK(send(*scene.link, {.port = rounds}, pattern(rounds % 300, 1)));
      return true;
    };
    CHECK(send(*scene.link, {.port = 0}, {}));
    REQUIRE(scene.until([&] { return rounds == 500; }));
  });
}

TEST_CASE("sandbox: hang-up says there that main is gone") {
  over_each_sandbox([](ProcessScene& scene) {
    CHECK(send(*scene.link, 1, "x"));
    REQUIRE(scene.until([&] { return scene.handler.records.size() == 1; }));
    scene.link.reset();
    CHECK(scene.process->join() == 0);
  });
}

TEST_CASE("sandbox: where main lends no memory shared memory is refused, and the pipe serves") {
  ProcessScene scene("sandboxed poll", {});
  REQUIRE(scene.until([&] { return scene.link->medium() != Medium::automatic; }));
  CHECK(scene.link->medium() == Medium::pipe);
  ProcessScene only_shm("sandboxed poll", {.medium = Medium::shm});
  REQUIRE(only_shm.until([&] { return !only_shm.handler.closed.empty(); }));
  CHECK(only_shm.handler.closed_code() == "refused");
  CHECK(only_shm.handler.closed[0].message.find("sandbox") != std::string::npos);
}

TEST_CASE("sandbox: lent memory serves whoever accepts it, with a doorbell of either kind") {
  for (const bool trusted : {false, true}) {
    Pair pair({.medium = Medium::shm, .ring_bytes = ring, .trusted = trusted, .sandboxed = true});
    CHECK(send(*pair.a, 1, "there"));
    CHECK(send(*pair.b, 1, "back"));
    REQUIRE(pair.until([&] { return pair.ha.records.size() == 1 && pair.hb.records.size() == 1; }));
    CHECK(pair.a->medium() == Medium::shm);
  }
}

TEST_CASE("lent: the writer cannot resize it, and once it is accepted nobody maps, writes or punches it") {
  Borrower scene;
  const Mapping mapping(scene.map());
  CHECK(ftruncate(scene.lent(), 0) == -1);
  CHECK(ftruncate(scene.lent(), 2 * segment_size) == -1);
  CHECK(fallocate(scene.lent(), FALLOC_FL_KEEP_SIZE, segment_size, 4096) == -1);
  CHECK(scene.accept());
  scene.is_agreed();
  CHECK(scene.map() == nullptr);
  CHECK(write(scene.lent(), "x", 1) == -1);
  CHECK(fallocate(scene.lent(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4096) == -1);
  CHECK(madvise(mapping.at, 4096, MADV_REMOVE) == -1);
  CHECK(fcntl(scene.lent(), F_ADD_SEALS, F_SEAL_WRITE) == -1);
  scene.goes_on();
}

TEST_CASE("lent: several mappings of the writer are its own ring's affair") {
  Borrower scene;
  const Mapping first(scene.map());
  const Mapping second(scene.map());
  CHECK(scene.accept());
  scene.is_agreed();
  const std::uint64_t word = 77;
  std::memcpy(static_cast<std::byte*>(second.at) + ring_offset, &word, sizeof word);
  CHECK(scene.peer->ring());
  scene.is_found_out("commit word");
}

TEST_CASE("lent: memory that nobody mapped is an empty ring") {
  Borrower scene;
  CHECK(scene.accept());
  scene.is_agreed();
  CHECK(send(*scene.link, 1, "to nobody"));
  CHECK(scene.peer->ring());
  run_idle(scene.loop);
  CHECK(scene.victim.closed.empty());
  CHECK(scene.victim.records.empty());
  scene.goes_on();
}

TEST_CASE("lent: said to be mapped twice is found out") {
  Borrower scene;
  CHECK(scene.accept());
  CHECK(scene.accept());
  scene.is_found_out("where one was agreed");
}

TEST_CASE("lent: a hole punched before it is sealed is found out, by descriptor and by mapping") {
  for (const bool by_mapping : {false, true}) {
    Borrower scene;
    const Mapping mapping(scene.map());
    const auto hole = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;
    CHECK((by_mapping ? madvise(mapping.at, 8192, MADV_REMOVE) : fallocate(scene.lent(), hole, 4096, 4096)) == 0);
    CHECK(scene.accept());
    scene.is_found_out("not reserved");
  }
}

TEST_CASE("lent: memory that the writer sealed first is found out") {
  for (const int seals : {F_SEAL_SEAL, F_SEAL_WRITE | F_SEAL_SEAL}) {
    Borrower scene;
    CHECK(fcntl(scene.lent(), F_ADD_SEALS, seals) == 0);
    CHECK(scene.accept());
    scene.is_found_out("lacks seals");
  }
}

TEST_CASE("lent: other memory in its place, or another size, is found out") {
  {
    Borrower scene;
    auto made = make_segment(ring);
    CHECK(scene.accept(ring, one(std::move(made->second))));
    scene.is_found_out("other descriptors");
  }
  for (const std::uint32_t other : {0U, 2 * ring, 0xffffffffU}) {
    Borrower scene;
    CHECK(scene.accept(other));
    scene.is_found_out("ring");
  }
}

TEST_CASE("lent: an acceptance that brings no memory where none was lent is found out") {
  Scene scene({.medium = Medium::shm}, false);
  CHECK(scene.peer->take_offer().lent_ring_bytes == 0);
  const auto accept = write_accept({.ring_bytes = ring, .message_bytes = 1 << 20});
  CHECK(scene.peer->message(PacketKind::accept, accept));
  scene.is_found_out("other descriptors");
}

TEST_CASE("lent: an offer that lends what is no such memory is a lie to the side that accepts") {
  const auto judge = [](UniqueFd (*lend)(), std::uint32_t ring_bytes) {
    const Baseline baseline;
    auto loop = make_loop();
    auto sockets = Link::socket_pair();
    auto link = Link::accept(*loop, std::move(sockets->first), {.sandboxed = true});
    const RawPeer peer(std::move(sockets->second));
    Recorder victim;
    (*link)->start(victim);
    auto made = make_segment(ring);
    std::vector<UniqueFd> fds;
    fds.push_back(std::move(made->second));
    fds.push_back(lend());
    const Terms terms{
        .medium = Medium::shm, .ring_bytes = ring, .message_bytes = 1 << 20, .lent_ring_bytes = ring_bytes};
    CHECK(peer.message(PacketKind::offer, write_offer(terms), fds));
    REQUIRE(run_until(*loop, [&] { return !victim.closed.empty(); }));
    CHECK(victim.closed_code() == "protocol");
  };
  judge(event, ring);
  judge([] { return std::move(*make_lent_segment(2 * ring)); }, ring);
  judge([] { return std::move(*make_lent_segment(ring)); }, 77);
  judge(
      [] {
        UniqueFd unsealed(memfd_create("forged", MFD_CLOEXEC | MFD_ALLOW_SEALING));
        REQUIRE(fallocate(unsealed.get(), 0, 0, segment_size) == 0);
        return unsealed;
      },
      ring);
}
