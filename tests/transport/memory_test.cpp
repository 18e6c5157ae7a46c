#include "transport/memory.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstring>

#include "fixture.hpp"

using namespace mullion;
using namespace mullion::transport;

namespace {

constexpr std::uint32_t ring = min_ring_bytes;
constexpr auto bytes = static_cast<off_t>(segment_bytes(ring));
constexpr int all_seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_FUTURE_WRITE | F_SEAL_SEAL;

std::pair<OwnSegment, UniqueFd> make() {
  auto made = make_segment(ring);
  REQUIRE(made);
  return std::move(*made);
}

// A memory file as a liar might make it.
UniqueFd forge(off_t size, int seals, bool reserved = true) {
  UniqueFd fd(memfd_create("forged", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  REQUIRE(fd);
  REQUIRE((reserved ? fallocate(fd.get(), 0, 0, size) : ftruncate(fd.get(), size)) == 0);
  REQUIRE(fcntl(fd.get(), F_ADD_SEALS, seals) == 0);
  return fd;
}

}  // namespace

TEST_CASE("memory: what the writer writes the peer sees") {
  const Baseline baseline;
  auto [own, fd] = make();
  auto peer = open_segment(fd.get(), ring);
  REQUIRE(peer);
  own.head().read_position = 77;
  std::memcpy(own.ring() + ring - 5, "hello", 5);
  CHECK(peer->head().read_position == 77);
  CHECK(std::memcmp(peer->ring() + ring - 5, "hello", 5) == 0);
  CHECK(peer->head().cpu == no_cpu);
}

TEST_CASE("memory: a segment is reserved, sealed and closed on exec") {
  const Baseline baseline;
  auto [own, fd] = make();
  struct stat status{};
  CHECK(fstat(fd.get(), &status) == 0);
  CHECK(status.st_size == bytes);
  CHECK(status.st_blocks * 512 >= bytes);
  CHECK((fcntl(fd.get(), F_GET_SEALS) & all_seals) == all_seals);
  CHECK((fcntl(fd.get(), F_GETFD) & FD_CLOEXEC) != 0);
}

TEST_CASE("memory: the peer cannot write, resize, punch holes or seal") {
  const Baseline baseline;
  auto [own, fd] = make();
  CHECK(mmap(nullptr, static_cast<std::size_t>(bytes), PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0) == MAP_FAILED);
  CHECK(write(fd.get(), "x", 1) == -1);
  CHECK(ftruncate(fd.get(), 0) == -1);
  CHECK(ftruncate(fd.get(), 2 * bytes) == -1);
  CHECK(fallocate(fd.get(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4096) == -1);
  CHECK(fcntl(fd.get(), F_ADD_SEALS, F_SEAL_WRITE) == -1);
}

TEST_CASE("memory: nor can the writer punch holes through its mapping") {
  const Baseline baseline;
  auto [own, fd] = make();
  CHECK(madvise(own.memory.get(), 4096, MADV_REMOVE) == -1);
}

TEST_CASE("memory: a segment that lacks a seal is refused") {
  const Baseline baseline;
  for (const int seal : {F_SEAL_SHRINK, F_SEAL_GROW, F_SEAL_FUTURE_WRITE, F_SEAL_SEAL}) {
    const UniqueFd fd = forge(bytes, all_seals & ~seal);
    auto opened = open_segment(fd.get(), ring);
    REQUIRE_FALSE(opened);
    CHECK(opened.error().kind == Kind::invalid);
  }
}

TEST_CASE("memory: a segment of another size is refused") {
  const Baseline baseline;
  for (const off_t size : {bytes - 4096, bytes + 4096, off_t{4096}}) {
    const UniqueFd fd = forge(size, all_seals);
    auto opened = open_segment(fd.get(), ring);
    REQUIRE_FALSE(opened);
    CHECK(opened.error().kind == Kind::invalid);
  }
}

TEST_CASE("memory: a segment whose pages are not there is refused") {
  const Baseline baseline;
  const UniqueFd fd = forge(bytes, all_seals, false);
  auto opened = open_segment(fd.get(), ring);
  REQUIRE_FALSE(opened);
  CHECK(opened.error().kind == Kind::invalid);
}

TEST_CASE("memory: a segment whose pages lie behind its end is refused") {
  const Baseline baseline;
  const UniqueFd fd(memfd_create("forged", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  REQUIRE(ftruncate(fd.get(), bytes) == 0);
  REQUIRE(fallocate(fd.get(), FALLOC_FL_KEEP_SIZE, bytes, bytes) == 0);
  REQUIRE(fcntl(fd.get(), F_ADD_SEALS, all_seals) == 0);
  struct stat status{};
  REQUIRE(fstat(fd.get(), &status) == 0);
  REQUIRE(status.st_blocks * 512 >= bytes);
  auto opened = open_segment(fd.get(), ring);
  REQUIRE_FALSE(opened);
  CHECK(opened.error().kind == Kind::invalid);
}

TEST_CASE("memory: a segment with a single hole is refused, wherever it is") {
  const Baseline baseline;
  for (const off_t at : {off_t{0}, off_t{8192}, bytes - 4096}) {
    auto lent = make_lent_segment(ring);
    REQUIRE(lent);
    REQUIRE(fallocate(lent->get(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, at, 4096) == 0);
    CHECK_FALSE(open_lent_segment(lent->get(), ring));
  }
}

TEST_CASE("memory: what is not a memory file is refused") {
  const Baseline baseline;
  std::array<int, 2> ends{};
  REQUIRE(pipe2(ends.data(), O_CLOEXEC) == 0);
  const UniqueFd read_end(ends[0]);
  const UniqueFd write_end(ends[1]);
  const UniqueFd null(open("/dev/null", O_RDWR | O_CLOEXEC));
  for (const int fd : {read_end.get(), write_end.get(), null.get()}) {
    auto opened = open_segment(fd, ring);
    REQUIRE_FALSE(opened);
    CHECK(opened.error().kind == Kind::invalid);
  }
}
