#include <sys/socket.h>

#include <cstring>
#include <random>

#include "scene.hpp"

using namespace mullion;
using namespace mullion::transport;

namespace {

// One packet with one descriptor, many times over.
bool send_with(int socket, std::vector<std::byte> bytes, const UniqueFd& fd, std::size_t count) {
  const std::vector<int> numbers(count, fd.get());
  std::vector<cmsghdr> space(CMSG_SPACE(count * sizeof(int)) / sizeof(cmsghdr) + 1);
  iovec part{bytes.data(), bytes.size()};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = space.data();
  message.msg_controllen = CMSG_SPACE(count * sizeof(int));
  cmsghdr* head = CMSG_FIRSTHDR(&message);
  head->cmsg_level = SOL_SOCKET;
  head->cmsg_type = SCM_RIGHTS;
  head->cmsg_len = CMSG_LEN(count * sizeof(int));
  std::memcpy(CMSG_DATA(head), numbers.data(), count * sizeof(int));
  return sendmsg(socket, &message, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0;
}

}  // namespace

TEST_CASE("hostile: an empty packet") {
  Scene scene;
  CHECK(scene.peer->raw({}));
  scene.is_found_out("empty");
}

TEST_CASE("hostile: a packet that is too short, or a byte that is no doorbell") {
  for (const std::size_t size : {std::size_t{1}, std::size_t{2}, packet_head_bytes - 1}) {
    Scene scene;
    CHECK(scene.peer->raw(std::vector<std::byte>(size)));
    scene.is_found_out("too short");
  }
}

TEST_CASE("hostile: a packet that is too long") {
  Scene scene;
  CHECK(scene.peer->packet({.total = 50'000, .kind = PacketKind::control}, pattern(50'000, 1)));
  scene.is_found_out("longer than packets may be");
}

TEST_CASE("hostile: a packet of no kind") {
  for (const int kind : {0, 10, 255}) {
    Scene scene;
    CHECK(scene.peer->message(static_cast<PacketKind>(kind), bytes_of("x")));
    scene.is_found_out("no known kind");
  }
}

TEST_CASE("hostile: a control message over the limit") {
  Scene scene;
  CHECK(scene.peer->packet({.total = max_control_bytes + 1, .kind = PacketKind::control}, pattern(100, 1)));
  scene.is_found_out("longer than one may be");
}

TEST_CASE("hostile: a control message whose parts do not follow each other") {
  const PacketHead lies[] = {{.total = 300, .offset = 50, .kind = PacketKind::control},
                             {.total = 300, .offset = 200, .kind = PacketKind::control},
                             {.total = 301, .offset = 100, .kind = PacketKind::control},
                             {.total = 300, .offset = 100, .total_fds = 1, .kind = PacketKind::control},
                             {.total = 300, .offset = 100, .kind = PacketKind::offer},
                             {.total = 150, .offset = 100, .kind = PacketKind::control}};
  for (const PacketHead& lie : lies) {
    Scene scene;
    CHECK(scene.peer->packet({.total = 300, .kind = PacketKind::control}, pattern(100, 1)));
    CHECK(scene.peer->packet(lie, pattern(100, 1)));
    scene.is_found_out("control message");
  }
}

TEST_CASE("hostile: a control message that goes on with nothing") {
  Scene scene;
  CHECK(scene.peer->packet({.total = 300, .kind = PacketKind::control}, pattern(100, 1)));
  CHECK(scene.peer->packet({.total = 300, .offset = 100, .kind = PacketKind::control}, {}));
  scene.is_found_out("empty");
}

TEST_CASE("hostile: a part longer than its message") {
  Scene scene;
  CHECK(scene.peer->packet({.total = 50, .kind = PacketKind::control}, pattern(100, 1)));
  scene.is_found_out("longer than the rest");
}

TEST_CASE("hostile: descriptors that were not announced") {
  Scene scene;
  const auto fds = one(event());
  CHECK(scene.peer->packet({.total = 1, .kind = PacketKind::control}, bytes_of("x"), fds));
  scene.is_found_out("unannounced");
}

TEST_CASE("hostile: descriptors that were announced and are missing") {
  Scene scene;
  CHECK(scene.peer->packet({.total = 1, .total_fds = 1, .kind = PacketKind::control}, bytes_of("x")));
  CHECK(scene.peer->packet({.total = 1, .offset = 1, .total_fds = 1, .kind = PacketKind::control}, {}));
  scene.is_found_out("empty");
  CHECK(scene.victim.controls.empty());
}

TEST_CASE("hostile: more descriptors than a message may bring") {
  Scene scene;
  CHECK(scene.peer->packet({.total_fds = 65, .kind = PacketKind::control}, {}));
  scene.is_found_out("more descriptors");
}

TEST_CASE("hostile: more descriptors than a packet may bring") {
  for (const std::size_t count : {17U, 253U}) {
    Scene scene;
    const UniqueFd fd = event();
    CHECK(send_with(scene.peer->socket(), std::vector<std::byte>(packet_head_bytes), fd, count));
    scene.is_found_out("more descriptors");
  }
}

TEST_CASE("hostile: a descriptor with a doorbell or with an empty packet") {
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}}) {
    Scene scene;
    const UniqueFd fd = event();
    CHECK(send_with(scene.peer->socket(), std::vector<std::byte>(size, doorbell), fd, 1));
    scene.is_found_out("A packet is");
  }
}

TEST_CASE("hostile: random packets") {
  std::mt19937 random(5);
  for (int round = 0; round < 300; ++round) {
    Scene scene;
    for (int i = 0; i < 20; ++i) {
      std::vector<std::byte> bytes(random() % 100);
      for (std::byte& byte : bytes) byte = static_cast<std::byte>(random() % 5);
      if (!bytes.empty()) (void)scene.peer->raw(bytes);
    }
    scene.goes_on();
    REQUIRE(run_until(scene.loop, [&] { return !scene.victim.closed.empty(); }));
    CHECK(scene.victim.closed_code() == "protocol");
  }
}
