// SharedBuffer in one process.
#include "mullion/ipc/shared_buffer.hpp"

#include <doctest/doctest.h>

#include "harness/scripts.hpp"
#include "mullion/ipc/port.hpp"

using namespace mullion;
using namespace mullion::harness;

namespace {

struct Here {
  std::unique_ptr<Main> main = Main::create(transport::Medium::in_process);
  MessagePort near, far;

  Here() {
    auto ends = MessageChannel::create(main->share_node());
    REQUIRE(ends);
    near = std::move(ends->port1);
    far = std::move(ends->port2);
  }
};

SharedBuffer made(std::size_t bytes = 100, Sharing sharing = Sharing::sealed) {
  auto buffer = SharedBuffer::create(bytes, sharing);
  REQUIRE(buffer);
  return *std::move(buffer);
}

}  // namespace

TEST_CASE("shared buffer: is zeroes at first, and what was written is read") {
  auto buffer = made(10'000);
  CHECK(buffer.size() == 10'000);
  CHECK(buffer.bytes()[9'999] == std::byte{0});
  buffer.writable()[9'999] = std::byte{7};
  CHECK(buffer.bytes()[9'999] == std::byte{7});
  CHECK_FALSE(buffer.frozen());
}

TEST_CASE("shared buffer: no bytes, and more than 1 GiB, are refused") {
  CHECK(SharedBuffer::create(0).error().code == "buffer");
  CHECK(SharedBuffer::create((std::size_t{1} << 30) + 1).error().kind == Kind::invalid);
}

TEST_CASE("shared buffer: inside a process the same memory arrives, frozen") {
  Here here;
  auto buffer = made();
  buffer.writable()[0] = std::byte{5};
  auto far = std::move(here.far).start();
  CHECK(here.near.post_message("x", std::move(buffer)));
  CHECK_FALSE(buffer);
  CHECK(buffer.bytes().empty());
  std::optional<Message> got;
  far.on_message([&](Message message) { got = std::move(message); });
  REQUIRE(here.main->wait_until([&] { return got.has_value(); }));
  REQUIRE(got->buffers.size() == 1);
  CHECK(got->buffers[0].bytes()[0] == std::byte{5});
  CHECK(got->buffers[0].frozen());
  CHECK(got->buffers[0].writable().empty());
}

TEST_CASE("shared buffer: a bad element is named, and every port and buffer stays") {
  Here here;
  auto other = MessageChannel::create(here.main->share_node());
  REQUIRE(other);
  auto good = made();
  SharedBuffer empty;
  SUBCASE("an empty buffer") {
    const auto posted = here.near.post_message(1, std::move(other->port1), std::move(good), std::move(empty));
    REQUIRE_FALSE(posted);
    CHECK(posted.error().code == "buffer");
    CHECK(posted.error().message == "Buffer at index 1 is empty.");
  }
  SUBCASE("the same buffer twice") {
    const auto posted = here.near.post_message(1, std::move(other->port1), std::move(good), std::move(good));
    CHECK(posted.error().message == "Buffer at index 1 is a duplicate.");
  }
  SUBCASE("a bad port beside a good buffer") {
    const auto posted = here.near.post_message(1, std::move(good), std::move(other->port1), std::move(here.near));
    CHECK(posted.error().message == "Port at index 1 contains the source port.");
  }
  CHECK(good);
  CHECK_FALSE(good.frozen());
  CHECK(good.writable().size() == 100);
  CHECK(other->port1);
  CHECK(other->port1.post_message("still works"));
}

TEST_CASE("shared buffer: seventeen in one message are refused") {
  Here here;
  std::vector<SharedBuffer> all;
  std::vector<SharedBuffer*> each;
  for (int i = 0; i < 17; ++i) all.push_back(made(1));
  for (SharedBuffer& buffer : all) each.push_back(&buffer);
  CHECK(here.near.post_message_with(1, {}, each).error().code == "buffer");
  for (SharedBuffer& buffer : all) CHECK(!buffer.frozen());
}

TEST_CASE("shared buffer: posted where nobody hears it is given back, as a port would be closed") {
  Here here;
  here.far.close();
  auto buffer = made();
  CHECK(here.near.post_message(1, std::move(buffer)));
  CHECK_FALSE(buffer);
  MessagePort nothing;
  auto another = made();
  CHECK(nothing.post_message(1, std::move(another)));
  CHECK_FALSE(another);
}

TEST_CASE("shared buffer: only a shared one has copies, and they are the same memory") {
  CHECK(made().copy().error().kind == Kind::invalid);
  CHECK(SharedBuffer().copy().error().kind == Kind::invalid);
  auto buffer = made(100, Sharing::shared);
  auto copy = buffer.copy();
  REQUIRE(copy);
  buffer.writable()[3] = std::byte{9};
  CHECK(copy->bytes()[3] == std::byte{9});
}

TEST_CASE("post_bytes: bytes from several places arrive as one") {
  Here here;
  auto far = std::move(here.far).start();
  const std::vector<std::byte> first(3, std::byte{1}), second, third(200'000, std::byte{3});
  const std::span<const std::byte> parts[] = {first, second, third};
  CHECK(here.near.post_bytes(parts));
  CHECK(here.near.post_bytes(std::span<const std::span<const std::byte>>()));
  std::vector<std::vector<std::byte>> got;
  far.on_bytes([&](std::span<const std::byte> bytes) { got.emplace_back(bytes.begin(), bytes.end()); });
  REQUIRE(here.main->wait_until([&] { return got.size() == 2; }));
  std::vector<std::byte> whole = first;
  whole.insert(whole.end(), third.begin(), third.end());
  CHECK(got[0] == whole);
  CHECK(got[1].empty());
}
