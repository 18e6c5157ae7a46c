#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <random>

#include "scene.hpp"
#include "transport/memory.hpp"

using namespace mullion;
using namespace mullion::transport;

namespace {

// A memory file of any kind, as a peer's segment.
UniqueFd forge(off_t size, int seals) {
  UniqueFd fd(memfd_create("forged", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  REQUIRE(fallocate(fd.get(), 0, 0, size) == 0);
  REQUIRE(fcntl(fd.get(), F_ADD_SEALS, seals) == 0);
  return fd;
}

std::vector<std::byte> good_accept() { return write_accept({.ring_bytes = min_ring_bytes, .message_bytes = 1 << 20}); }

}  // namespace

TEST_CASE("hostile: a handshake that is cut short") {
  const auto whole = good_accept();
  for (std::size_t size = 0; size < whole.size(); size += 3) {
    Scene scene({.medium = Medium::shm}, false);
    auto made = make_segment(min_ring_bytes);
    const auto fds = one(std::move(made->second));
    CHECK(scene.peer->message(PacketKind::accept, Bytes(whole).first(size), fds));
    REQUIRE(run_until(scene.loop, [&] { return !scene.victim.closed.empty(); }));
    CHECK(scene.victim.closed_code() == "protocol");
    scene.goes_on();
  }
}

TEST_CASE("hostile: a handshake of random bytes") {
  std::mt19937 random(11);
  for (int round = 0; round < 200; ++round) {
    Scene scene({.medium = Medium::shm}, false);
    auto bytes = good_accept();
    for (int i = 0; i < 3; ++i) bytes[random() % bytes.size()] = static_cast<std::byte>(random());
    auto made = make_segment(min_ring_bytes);
    const auto fds = one(std::move(made->second));
    CHECK(scene.peer->message(PacketKind::accept, bytes, fds));
    scene.goes_on();
  }
}

TEST_CASE("hostile: memory that lacks seals, has another size, or is none") {
  constexpr int all = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_FUTURE_WRITE | F_SEAL_SEAL;
  const auto size = static_cast<off_t>(segment_bytes(min_ring_bytes));
  std::vector<UniqueFd> lies;
  for (const int seal : {F_SEAL_SHRINK, F_SEAL_GROW, F_SEAL_FUTURE_WRITE, F_SEAL_SEAL}) {
    lies.push_back(forge(size, all & ~seal));
  }
  lies.push_back(forge(size - 4096, all));
  lies.push_back(forge(size + 4096, all));
  lies.push_back(event());
  for (UniqueFd& lie : lies) {
    Scene scene({.medium = Medium::shm}, false);
    CHECK(scene.peer->message(PacketKind::accept, good_accept(), one(UniqueFd(dup(lie.get())))));
    scene.is_found_out("The peer's memory");
  }
}

TEST_CASE("hostile: an acceptance with a ring of no possible size") {
  for (const std::uint32_t ring : {0U, 4096U, 65537U, 1U << 31, 0xffffffffU}) {
    Scene scene({.medium = Medium::shm}, false);
    const auto accept = write_accept({.ring_bytes = ring, .message_bytes = 1 << 20});
    CHECK(scene.peer->message(PacketKind::accept, accept, one(event())));
    scene.is_found_out("ring has a size");
  }
}

TEST_CASE("hostile: an acceptance with other descriptors than due") {
  for (const std::size_t count : {0U, 2U, 16U}) {
    Scene scene({.medium = Medium::shm}, false);
    std::vector<UniqueFd> fds;
    while (fds.size() < count) fds.push_back(event());
    CHECK(scene.peer->message(PacketKind::accept, good_accept(), fds));
    scene.is_found_out("other descriptors");
  }
}

TEST_CASE("hostile: an acceptance that trusts where nobody offered trust") {
  Scene scene({.medium = Medium::shm}, false);
  const auto accept = write_accept({.ring_bytes = min_ring_bytes, .message_bytes = 1 << 20, .trusted = true});
  CHECK(scene.peer->message(PacketKind::accept, accept, one(event())));
  scene.is_found_out("trust");
}

TEST_CASE("hostile: a handshake message after the sides have agreed") {
  for (const PacketKind kind : {PacketKind::offer, PacketKind::accept, PacketKind::refuse}) {
    Scene scene;
    CHECK(scene.peer->message(kind, good_accept()));
    scene.is_found_out("where one was agreed");
  }
}

TEST_CASE("hostile: an offer to the side that offered") {
  Scene scene({.medium = Medium::shm}, false);
  CHECK(scene.peer->message(PacketKind::offer, write_offer({.medium = Medium::shm, .ring_bytes = min_ring_bytes})));
  scene.is_found_out("not expected");
}

TEST_CASE("hostile: an offer that lies to the side that accepts") {
  const auto judge = [](const Terms& terms, UniqueFd (*make)()) {
    const Baseline baseline;
    auto loop = make_loop();
    auto sockets = Link::socket_pair();
    auto link = Link::accept(*loop, std::move(sockets->first), {});
    const RawPeer peer(std::move(sockets->second));
    Recorder victim;
    (*link)->start(victim);
    CHECK(peer.message(PacketKind::offer, write_offer(terms), one(make())));
    REQUIRE(run_until(*loop, [&] { return !victim.closed.empty(); }));
    CHECK(victim.closed_code() == "protocol");
  };
  const Terms good{.medium = Medium::shm, .ring_bytes = min_ring_bytes, .message_bytes = 1 << 20};
  judge(good, event);
  judge(good, [] { return forge(static_cast<off_t>(segment_bytes(min_ring_bytes)), F_SEAL_SEAL); });
  judge({.medium = Medium::pipe}, event);
  Terms trusting = good;
  trusting.trusted = true;
  judge(trusting, event);
  Terms odd = good;
  odd.ring_bytes = 77;
  judge(odd, event);
}

TEST_CASE("hostile: a pipe that brings garbage, or a descriptor") {
  for (const bool descriptor : {false, true}) {
    Scene scene({.medium = Medium::pipe}, false);
    CHECK(scene.peer->take_offer().medium == Medium::pipe);
    REQUIRE(scene.peer->offered().size() == 1);
    const int pipe = scene.peer->offered()[0].get();
    CHECK(scene.peer->message(PacketKind::accept, good_accept()));
    REQUIRE(run_until(scene.loop, [&] { return scene.link->medium() == Medium::pipe; }));
    const auto fds = one(event());
    CHECK(send_packet(pipe, {}, pattern(100, 3), descriptor ? std::span(fds) : std::span(fds).first(0)) == Sent::sent);
    scene.is_found_out(descriptor ? "descriptor" : "commit word");
  }
}
