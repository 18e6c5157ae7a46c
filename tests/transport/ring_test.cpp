#include "transport/ring.hpp"

#include <doctest/doctest.h>

#include <cstring>
#include <random>
#include <vector>

#include "fixture.hpp"
#include "transport/memory.hpp"

using namespace mullion::transport;

namespace {

constexpr std::uint32_t size = min_ring_bytes;

// Both sides of one ring, and what a liar could reach.
struct Ring {
  std::pair<OwnSegment, PeerSegment> writers = local_segment(size);
  std::pair<OwnSegment, PeerSegment> readers = local_segment(size);
  RingWriter writer{writers.first, readers.second};
  RingReader reader{writers.second, readers.first};

  bool put(Bytes payload, std::uint64_t port = 0) {
    Gather gather(std::span(&payload, 1));
    return writer.put({.port = port}, gather);
  }
  bool put_size(std::size_t bytes, unsigned seed = 0) { return put(pattern(bytes, seed)); }

  std::vector<std::byte> take() {
    REQUIRE(reader.look() == RingReader::Look::record);
    std::vector<std::byte> payload(reader.head().length);
    reader.copy(payload.data());
    reader.pop();
    return payload;
  }
  bool empty() { return reader.look() == RingReader::Look::nothing; }

  // Overwrites a field of the record at an offset in the ring.
  template <class T>
  void poke(std::size_t offset, T value) {
    std::memcpy(writers.first.ring() + offset, &value, sizeof value);
  }
};

constexpr std::size_t length_at = 24;
constexpr std::size_t longest = size / 8 - record_head_bytes;

}  // namespace

TEST_CASE("ring: a record arrives whole, with its address") {
  Ring ring;
  const auto payload = bytes_of("hello");
  const Bytes parts[] = {Bytes(payload).first(2), {}, Bytes(payload).subspan(2)};
  Gather gather(parts);
  CHECK(ring.writer.put({.port = 7, .epoch = 8, .kind = 9, .flags = 10}, gather));
  CHECK(ring.writer.publish());
  REQUIRE(ring.reader.look() == RingReader::Look::record);
  const RecordHeader& address = ring.reader.head().address;
  CHECK(address.port == 7);
  CHECK(address.epoch == 8);
  CHECK(address.kind == 9);
  CHECK(address.flags == 10);
  CHECK(ring.take() == payload);
  CHECK(ring.empty());
}

TEST_CASE("ring: a record without payload is a record") {
  Ring ring;
  CHECK(ring.put({}));
  ring.writer.publish();
  CHECK(ring.take().empty());
}

TEST_CASE("ring: nothing is seen before it is published") {
  Ring ring;
  CHECK_FALSE(ring.writer.publish());
  ring.put_size(10);
  CHECK(ring.empty());
  CHECK_FALSE(ring.reader.ready());
  CHECK(ring.writer.publish());
  CHECK(ring.reader.ready());
  CHECK_FALSE(ring.writer.publish());
}

TEST_CASE("ring: a batch is seen as a whole") {
  Ring ring;
  for (unsigned i = 0; i < 10; ++i) ring.put_size(i * 20, i);
  CHECK(ring.empty());
  ring.writer.publish();
  for (unsigned i = 0; i < 10; ++i) CHECK(ring.take() == pattern(i * 20, i));
  CHECK(ring.empty());
}

TEST_CASE("ring: a record that would wrap begins at the ring's start") {
  Ring ring;
  std::size_t bytes = 0;
  for (unsigned i = 0; bytes < 20 * size; ++i) {
    const std::size_t length = (i * 1237) % (longest + 1);
    REQUIRE(ring.put_size(length, i));
    ring.writer.publish();
    REQUIRE(ring.take() == pattern(length, i));
    bytes += length;
  }
}

TEST_CASE("ring: the longest record passes when the ring was read to its end, wherever that is") {
  for (std::size_t before = 0; before < size / 2; before += 960) {
    Ring ring;
    for (std::size_t done = 0; done < size / 2 + before; done += 1024) {
      REQUIRE(ring.put_size(900));
      ring.writer.publish();
      ring.take();
    }
    REQUIRE(ring.put_size(longest));
    REQUIRE(ring.put_size(longest));
  }
}

TEST_CASE("ring: a payload longer than a record goes in several") {
  Ring ring;
  const auto payload = pattern(longest * 2 + 5, 3);
  const Bytes bytes = payload;
  Gather gather(std::span(&bytes, 1));
  while (gather.left() > 0) REQUIRE(ring.writer.put({}, gather));
  ring.writer.publish();
  std::vector<std::byte> got;
  for (std::uint32_t rest = 1; rest > 0;) {
    REQUIRE(ring.reader.look() == RingReader::Look::record);
    rest = ring.reader.head().rest;
    const auto part = ring.take();
    got.insert(got.end(), part.begin(), part.end());
    CHECK(got.size() + rest == payload.size());
  }
  CHECK(got == payload);
}

TEST_CASE("ring: a full ring takes no more until it was read") {
  Ring ring;
  std::size_t records = 0;
  while (ring.put_size(100)) ++records;
  CHECK(records > size / 256);
  CHECK(ring.writer.full());
  CHECK_FALSE(ring.writer.room_now());
  ring.writer.publish();
  for (; records > 0; --records) ring.take();
  CHECK(ring.empty());
  CHECK(ring.writer.room_now());
  CHECK(ring.put_size(100));
}

TEST_CASE("ring: a reader returns room in steps, or when it is told to") {
  Ring ring;
  ring.put_size(10);
  ring.writer.publish();
  ring.take();
  CHECK_FALSE(ring.reader.released());
  CHECK(ring.reader.release());
  CHECK(ring.reader.released());
  CHECK_FALSE(ring.reader.released());
  CHECK_FALSE(ring.reader.release());
  CHECK(ring.readers.second.head().read_position == record_alignment);
}

TEST_CASE("ring: an old payload never passes for a record") {
  Ring ring;
  // Every aligned word of the payload is what a commit word there could be, one lap later.
  std::vector<std::byte> payload(longest);
  for (std::size_t at = 32; at + 8 <= payload.size(); at += 64) {
    const std::uint64_t word = size + at + 32 + 1;
    std::memcpy(&payload[at], &word, sizeof word);
  }
  for (int i = 0; i < 100; ++i) {
    REQUIRE(ring.put(i % 9 == 0 ? Bytes(payload) : Bytes(payload).first(static_cast<std::size_t>(i))));
    REQUIRE(ring.empty());
    ring.writer.publish();
    ring.take();
    REQUIRE(ring.empty());
  }
}

TEST_CASE("ring: a commit word that is not the record's position is a lie") {
  Ring ring;
  ring.put_size(10);
  ring.writer.publish();
  ring.poke<std::uint64_t>(0, 65);
  CHECK(ring.reader.look() == RingReader::Look::lie);
  CHECK(ring.reader.lie() != nullptr);
}

TEST_CASE("ring: a length over a record's is a lie") {
  for (const std::uint32_t length : {std::uint32_t{longest + 1}, 0x7fffffffU, 0xfffffffeU}) {
    Ring ring;
    ring.put_size(10);
    ring.writer.publish();
    ring.poke<std::uint32_t>(length_at, length);
    CHECK(ring.reader.look() == RingReader::Look::lie);
  }
}

TEST_CASE("ring: a record that passes the ring's end is a lie") {
  Ring ring;
  while (ring.writers.first.ring_bytes - 128 > ring.readers.first.head().read_position) {
    ring.put_size(10);
    ring.writer.publish();
    ring.take();
    ring.reader.release();
  }
  ring.put_size(10);
  ring.writer.publish();
  ring.poke<std::uint32_t>(size - 128 + length_at, 200);
  CHECK(ring.reader.look() == RingReader::Look::lie);
}

TEST_CASE("ring: skipping the whole ring is a lie") {
  Ring ring;
  ring.put_size(10);
  ring.writer.publish();
  ring.poke<std::uint32_t>(length_at, 0xffffffff);
  CHECK(ring.reader.look() == RingReader::Look::lie);
}

TEST_CASE("ring: a read position that is ahead, unaligned or goes back is a lie") {
  for (const std::uint64_t position : {std::uint64_t{1} << 40, std::uint64_t{1}, std::uint64_t{size}, ~std::uint64_t{0}}) {
    Ring ring;
    ring.readers.first.head().read_position = position;
    while (ring.put_size(100)) {
    }
    CHECK(ring.writer.lied());
  }
  Ring ring;
  while (ring.put_size(100)) {
  }
  ring.writer.publish();
  ring.readers.first.head().read_position = 4096;
  CHECK(ring.put_size(100));
  CHECK_FALSE(ring.writer.lied());
  ring.readers.first.head().read_position = 64;
  while (ring.put_size(100)) {
  }
  CHECK(ring.writer.lied());
}

TEST_CASE("ring: whatever stands in it, a reader stays inside and stops") {
  std::mt19937_64 random(20240607);
  for (int round = 0; round < 2000; ++round) {
    Ring ring;
    std::vector<std::byte> room(longest);
    auto* words = reinterpret_cast<std::uint64_t*>(ring.writers.first.ring());
    for (std::size_t i = 0; i < size / 8; i += 1 + random() % 64) words[i] = random() % 3 == 0 ? random() : random() % 70000;
    for (std::size_t at = 0; at < size; at += record_alignment) {
      if (random() % 8 == 0) continue;
      ring.poke<std::uint64_t>(at, at + 1);
      if (random() % 4 != 0) ring.poke<std::uint32_t>(at + length_at, static_cast<std::uint32_t>(random() % 300));
    }
    for (std::size_t records = 0; ring.reader.look() == RingReader::Look::record; ++records) {
      REQUIRE(records <= 2 * size / record_alignment);
      REQUIRE(inside(ring.reader.head()) <= room.size());
      if (!ring.reader.head().elsewhere) ring.reader.copy(room.data());
      ring.reader.pop();
    }
  }
}
