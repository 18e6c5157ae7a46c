// What the tests start as another process: this executable again, as the program transport_peer. The role is its last
// argument but one, its link's socket is descriptor 3.
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <cstring>
#include <random>
#include <string_view>

#include "harness/programs.hpp"
#include "mullion/base/loop.hpp"
#include "mullion/transport/link.hpp"
#include "raw_peer.hpp"

using namespace mullion;
using namespace mullion::transport;

namespace {

constexpr int socket_number = 3;
constexpr std::uint64_t forever = 20'000'000'000;

[[noreturn]] void die() {
  kill(getpid(), SIGKILL);
  _exit(1);
}

// Answers; "die" commits 100 records and dies, "control" the same with control, "stop" ends.
struct Child : LinkHandler {
  Link* link = nullptr;
  bool over = false;

  bool on_record(const RecordHeader& header, Bytes payload) override {
    const std::string_view text(reinterpret_cast<const char*>(payload.data()), payload.size());
    if (text == "stop") over = true;
    if (text == "die") last_words();
    return link->send(header, std::span(&payload, 1)).has_value();
  }
  void on_control(Bytes message, std::vector<UniqueFd> fds) override { (void)link->send_control(message, fds); }
  void on_closed(const Error&) override { over = true; }

  [[noreturn]] void last_words() {
    for (std::uint64_t i = 0; i < 100; ++i) {
      const std::byte payload[200] = {};
      const Bytes bytes = payload;
      (void)link->send({.port = i}, std::span(&bytes, 1));
      (void)link->send_control(bytes.first(i));
    }
    link->flush();
    die();
  }
};

int answer(bool with_loop, bool trusted) {
  auto loop = Loop::create();
  if (!loop) return 1;
  auto link = Link::accept(**loop, UniqueFd(socket_number), {.trusted = trusted});
  if (!link) return 1;
  Child child;
  child.link = link->get();
  (*link)->start(child);
  while (!child.over) {
    if (with_loop) {
      run_until(**loop, [&] { return child.over; });
    } else {
      (void)(*link)->wait(forever);
    }
  }
  return 0;
}

// Writes garbage into its memory, some of it plausible, while the other side reads.
int scribble(unsigned seed) {
  RawPeer peer{UniqueFd(socket_number)};
  peer.accept();
  if (!peer.own().memory) return 1;
  std::mt19937_64 random(seed);
  auto* words = reinterpret_cast<std::uint64_t*>(peer.own().memory.get());
  const std::size_t count = segment_bytes(min_ring_bytes) / sizeof(std::uint64_t);
  for (std::size_t i = 0; i < 200'000 && peer.ring(); ++i) {
    const auto at = ring_offset / 8 + random() % 64 * 8;
    words[at] = (at - ring_offset / 8) * 8 + 1;
    words[at + 3] = random() % 200;
    for (int j = 0; j < 8; ++j) words[random() % count] = random() % 4 ? random() % 1000 : random();
  }
  return 0;
}

}  // namespace

MULLION_TEST_PROGRAM(transport_peer) {
  if (argc < 3) return 2;
  const std::string_view role = argv[argc - 2];
  if (role == "loop") return answer(true, false);
  if (role == "trusted") return answer(true, true);
  if (role == "wait") return answer(false, false);
  if (role == "scribble") return scribble(static_cast<unsigned>(std::atoi(argv[argc - 1])));
  return 2;
}
