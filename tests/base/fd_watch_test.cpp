#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <string>

#include "loop_kinds.hpp"
#include "mullion/base/loop.hpp"
#include "mullion/base/unique_fd.hpp"

using namespace mullion;

namespace {

struct Pair {
  UniqueFd here;
  UniqueFd there;
};

Pair sockets(int type) {
  int fds[2];
  REQUIRE(::socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, fds) == 0);
  return {UniqueFd(fds[0]), UniqueFd(fds[1])};
}

Pair pipes() {
  int fds[2];
  REQUIRE(::pipe2(fds, O_CLOEXEC) == 0);
  return {UniqueFd(fds[0]), UniqueFd(fds[1])};
}

void write_byte(const UniqueFd& fd) { REQUIRE(::write(fd.get(), "x", 1) == 1); }

std::string read_all(int fd) {
  char buffer[64];
  auto n = ::read(fd, buffer, sizeof buffer);
  return n > 0 ? std::string(buffer, n) : "";
}

// Turns the loop until `done`; every turn of these tests has its event waiting already.
template <class F>
void turn_until(Loop& loop, F done) {
  for (int turn = 0; turn < 100 && !done(); ++turn) loop.dispatch();
  CHECK(done());
}

}  // namespace

TEST_CASE_TEMPLATE("watch: reports what can be read, again until it is read", L, EVERY_LOOP) {
  auto loop = base::make_loop<L>();
  auto [here, there] = sockets(SOCK_STREAM);
  int reports = 0;
  auto watch = FdWatch::start(*loop, here.get(), FdWatch::readable, [&](int events) {
    CHECK(events == FdWatch::readable);
    if (++reports == 2) CHECK(read_all(here.get()) == "x");
  });
  REQUIRE(watch);
  loop->dispatch();
  CHECK(reports == 0);
  write_byte(there);
  turn_until(*loop, [&] { return reports == 2; });
  loop->dispatch();
  CHECK(reports == 2);
}

TEST_CASE_TEMPLATE("watch: what is watched can change, also to nothing and back", L, EVERY_LOOP) {
  auto loop = base::make_loop<L>();
  auto [here, there] = sockets(SOCK_STREAM);
  int seen = 0;
  auto watch = *FdWatch::start(*loop, here.get(), FdWatch::readable, [&](int events) { seen |= events; });
  loop->dispatch();
  CHECK(seen == 0);
  watch.watch(FdWatch::readable | FdWatch::writable);
  loop->dispatch();
  CHECK(seen == FdWatch::writable);
  write_byte(there);
  seen = 0;
  watch.watch(0);
  loop->dispatch();
  CHECK(seen == 0);
  watch.watch(FdWatch::readable);
  loop->dispatch();
  CHECK(seen == FdWatch::readable);
}

TEST_CASE_TEMPLATE("watch: a peer that hung up is readable and hang_up", L, EVERY_LOOP) {
  auto loop = base::make_loop<L>();
  auto [here, there] = sockets(SOCK_SEQPACKET);
  int seen = 0;
  auto watch =
      *FdWatch::start(*loop, here.get(), FdWatch::readable | FdWatch::hang_up, [&](int events) { seen |= events; });
  there.reset();
  turn_until(*loop, [&] { return seen == (FdWatch::readable | FdWatch::hang_up); });
}

TEST_CASE_TEMPLATE("watch: a connection that was reset stays watched until its last bytes and its error are read", L,
                   EVERY_LOOP) {
  auto loop = base::make_loop<L>();
  auto [here, there] = sockets(SOCK_SEQPACKET);
  write_byte(here);  // unread at the peer: its close resets the connection
  write_byte(there);
  write_byte(there);
  there.reset();
  int reports = 0;
  std::string steps;
  auto watch = *FdWatch::start(*loop, here.get(), FdWatch::readable, [&](int events) {
    CHECK((events & FdWatch::readable) != 0);
    ++reports;
    char byte = 0;
    auto n = ::recv(here.get(), &byte, 1, 0);
    steps += n > 0 ? std::string(1, byte) : n == 0 ? "end" : errno == ECONNRESET ? "reset " : "other ";
  });
  turn_until(*loop, [&] { return steps.ends_with("end"); });
  CHECK(reports >= 3);
  CHECK(steps.find("reset") != std::string::npos);
  CHECK(steps.find("other") == std::string::npos);
}

TEST_CASE_TEMPLATE("watch: a writer without readers is told so in every turn, not once", L, EVERY_LOOP) {
  auto loop = base::make_loop<L>();
  auto [reader, writer] = pipes();
  int reports = 0;
  auto watch = *FdWatch::start(*loop, writer.get(), FdWatch::writable, [&](int events) {
    if (events & FdWatch::hang_up) {
      ++reports;
      CHECK((events & FdWatch::writable) != 0);
    }
  });
  reader.reset();
  turn_until(*loop, [&] { return reports == 3; });
  watch.watch(0);
  loop->dispatch();
  CHECK(reports == 3);
}

TEST_CASE_TEMPLATE("watch: an error's report may end the watch or change what is watched", L, EVERY_LOOP) {
  auto loop = base::make_loop<L>();
  auto [reader, writer] = pipes();
  reader.reset();
  int reports = 0;
  FdWatch watch;
  watch = *FdWatch::start(*loop, writer.get(), FdWatch::writable, [&](int) {
    if (++reports == 1) return watch.watch(0);
    watch = FdWatch();
  });
  for (int turn = 0; turn < 3; ++turn) loop->dispatch();
  CHECK(reports == 1);
  watch.watch(FdWatch::writable);
  for (int turn = 0; turn < 3; ++turn) loop->dispatch();
  CHECK(reports == 2);
  CHECK(loop->timeout() == -1);
}

TEST_CASE_TEMPLATE("watch: may end itself in its callback, and its descriptor may be closed and watched anew at once",
                   L, EVERY_LOOP) {
  auto loop = base::make_loop<L>();
  auto [here, there] = sockets(SOCK_STREAM);
  write_byte(there);
  auto token = std::make_shared<int>(7);
  bool again = false;
  FdWatch watch;
  FdWatch second;
  watch = *FdWatch::start(*loop, here.get(), FdWatch::readable, [&, token](int) {
    watch = FdWatch();
    CHECK(*token == 7);
    second = *FdWatch::start(*loop, here.get(), FdWatch::readable, [&](int) { again = true; });
  });
  turn_until(*loop, [&] { return again; });
  CHECK(token.use_count() == 1);
  second = FdWatch();
  here.reset();
  auto other = sockets(SOCK_STREAM);
  write_byte(other.there);
  again = false;
  second = *FdWatch::start(*loop, other.here.get(), FdWatch::readable, [&](int) { again = true; });
  turn_until(*loop, [&] { return again; });
}

TEST_CASE_TEMPLATE("watch: one of two ready watches may end the other", L, EVERY_LOOP) {
  auto loop = base::make_loop<L>();
  auto first = sockets(SOCK_STREAM);
  auto second = sockets(SOCK_STREAM);
  write_byte(first.there);
  write_byte(second.there);
  FdWatch a;
  FdWatch b;
  int calls = 0;
  a = *FdWatch::start(*loop, first.here.get(), FdWatch::readable, [&](int) {
    ++calls;
    b = FdWatch();
  });
  b = *FdWatch::start(*loop, second.here.get(), FdWatch::readable, [&](int) {
    ++calls;
    a = FdWatch();
  });
  for (int turn = 0; turn < 3; ++turn) loop->dispatch();
  CHECK(calls >= 1);
}

TEST_CASE_TEMPLATE("watch: what cannot be watched is an error that says why", L, EVERY_LOOP) {
  auto loop = base::make_loop<L>();
  UniqueFd file(::open("/proc/self/status", O_RDONLY | O_CLOEXEC));
  UniqueFd plain(::open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
  auto on_file = FdWatch::start(*loop, plain.get(), FdWatch::readable, [](int) {});
  REQUIRE_FALSE(on_file);
  CHECK(on_file.error().code == "EPERM");
  auto on_nothing = FdWatch::start(*loop, -1, FdWatch::readable, [](int) {});
  REQUIRE_FALSE(on_nothing);
  CHECK(on_nothing.error().code == "EBADF");
  auto [here, there] = sockets(SOCK_STREAM);
  auto once = FdWatch::start(*loop, here.get(), FdWatch::readable, [](int) {});
  auto twice = FdWatch::start(*loop, here.get(), FdWatch::readable, [](int) {});
  REQUIRE_FALSE(twice);
  CHECK(twice.error().code == "EEXIST");
  CHECK(twice.error().message.starts_with("Cannot watch descriptor " + std::to_string(here.get())));
}
