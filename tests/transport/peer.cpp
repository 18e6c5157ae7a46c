// What the tests start as another process: this executable again, as the program transport_peer. The role is its last
// argument but one, its link's socket is descriptor 3.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <random>
#include <string_view>

#include "harness/host.hpp"
#include "harness/programs.hpp"
#include "harness/sandbox.hpp"
#include "mullion/base/loop.hpp"
#include "mullion/base/pump.hpp"
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

// What a program in Chromium's sandbox may have for a main loop.
void serve_by_poll(Loop& loop, Link&, const bool& over) {
  run_until(loop, [&] { return over; });
}

void serve_by_wait(Loop&, Link& link, const bool& over) {
  while (!over) (void)link.wait(forever);
}

void serve_by_pump(Loop& loop, Link&, const bool& over) {
  harness::Host host;
  auto pump = Pump::start(loop, host.post());
  if (pump) host.run_until([&] { return over; });
}

// Waits by itself whenever it is not over, as for synchronous calls, while the pump is there too.
void serve_by_wait_and_pump(Loop& loop, Link& link, const bool& over) {
  harness::Host host;
  auto pump = Pump::start(loop, host.post());
  while (pump && !over) {
    (void)link.wait(2'000'000);
    host.run_all();
  }
}

int answer_sandboxed(void (*serve)(Loop& loop, Link& link, const bool& over)) {
  if (!harness::enter_sandbox()) return 3;
  auto loop = Loop::create_embedded();
  if (!loop) return 4;
  auto link = Link::accept(**loop, UniqueFd(socket_number), {.sandboxed = true});
  if (!link) return 5;
  Child child;
  child.link = link->get();
  (*link)->start(child);
  serve(**loop, **link, child.over);
  return child.over ? 0 : 6;
}

// One thing that the sandbox forbids. Refused: errno.
int forbidden(std::string_view what) {
  const rlimit no_core{};
  setrlimit(RLIMIT_CORE, &no_core);
  const UniqueFd memory(memfd_create("forbidden", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  auto plain = Loop::create();
  if (!memory || !plain || !harness::enter_sandbox()) return 0;
  int value = 0;
  socklen_t size = sizeof value;
  errno = 0;
  if (what == "getsockopt") (void)getsockopt(socket_number, SOL_SOCKET, SO_TYPE, &value, &size);
  if (what == "setsockopt") (void)setsockopt(socket_number, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
  if (what == "seal") (void)fcntl(memory.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_FUTURE_WRITE);
  if (what == "seal-size") (void)fcntl(memory.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL);
  if (what == "plain-watch") (void)FdWatch::start(**plain, socket_number, FdWatch::readable, [](int) {});
  if (what == "reserve") (void)fallocate(memory.get(), 0, 0, 4096);
  if (what == "pidfd") (void)syscall(SYS_pidfd_open, getpid(), 0);
  if (what == "connect") (void)connect(socket_number, nullptr, 0);
  return errno;
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
  if (role == "sandboxed poll")
    _exit(answer_sandboxed(serve_by_poll));  // what sanitizers do at exit is forbidden there
  if (role == "sandboxed wait") _exit(answer_sandboxed(serve_by_wait));
  if (role == "sandboxed pump") _exit(answer_sandboxed(serve_by_pump));
  if (role == "sandboxed wait and pump") _exit(answer_sandboxed(serve_by_wait_and_pump));
  if (role == "forbidden") _exit(forbidden(argv[argc - 1]));
  if (role == "scribble") return scribble(static_cast<unsigned>(std::atoi(argv[argc - 1])));
  return 2;
}
