// A foreign loop, poll(2) here, that drives a Loop by fd(), timeout() and dispatch() alone.
#include <doctest/doctest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#include <thread>
#include <vector>

#include "loop_kinds.hpp"
#include "mullion/base/loop.hpp"
#include "mullion/base/unique_fd.hpp"
#include "uv_loop.hpp"

using namespace mullion;

namespace {

class PollLoop {
 public:
  explicit PollLoop(Loop& guest) : guest_(guest) {}

  // False when 20 seconds have passed.
  template <class F>
  bool run_until(F done) {
    const auto start = uv_hrtime();
    while (!done()) {
      pollfd entry{.fd = guest_.fd(), .events = POLLIN, .revents = 0};
      const int timeout = guest_.timeout();
      ::poll(&entry, 1, timeout < 0 || timeout > 1000 ? 1000 : timeout);
      guest_.dispatch();
      ++turns_;
      if (uv_hrtime() - start > 20'000'000'000) return false;
    }
    return true;
  }
  int turns() const { return turns_; }

 private:
  Loop& guest_;
  int turns_ = 0;
};

}  // namespace

TEST_CASE("embedding: timeout is zero while something is pending and -1 when nothing is") {
  base::UvLoop program;
  auto own = *Loop::create();
  auto embedded = *Loop::create_embedded();
  auto attached = *Loop::attach(program.get());
  for (Loop* loop : {own.get(), embedded.get(), attached.get()}) {
    loop->dispatch();
    CHECK(loop->timeout() == -1);
    CHECK(loop->post([] {}));
    CHECK(loop->timeout() == 0);
    loop->dispatch();
    CHECK(loop->timeout() == -1);
    loop->defer([] {});
    CHECK(loop->timeout() == 0);
    loop->dispatch();
    CHECK(loop->timeout() == -1);
    Timer timer(*loop, 50'000, [] {});
    CHECK(loop->timeout() > 40'000);
    CHECK(loop->timeout() <= 50'000);
  }
}

TEST_CASE_TEMPLATE("embedding: a post from another thread makes the descriptor readable", L, EVERY_LOOP) {
  auto loop = base::make_loop<L>();
  loop->dispatch();
  pollfd entry{.fd = loop->fd(), .events = POLLIN, .revents = 0};
  CHECK(::poll(&entry, 1, 0) == 0);
  bool ran = false;
  std::jthread thread([poster = loop->poster(), &ran] { (void)poster.post([&ran] { ran = true; }); });
  CHECK(::poll(&entry, 1, 20'000) == 1);
  loop->dispatch();
  CHECK(ran);
}

TEST_CASE_TEMPLATE("embedding: dispatch handles a readable descriptor, timers, posts and what they defer in few turns",
                   L, EVERY_LOOP) {
  auto loop = base::make_loop<L>();
  int fds[2];
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) == 0);
  UniqueFd here(fds[0]);
  UniqueFd there(fds[1]);
  std::vector<int> order;
  auto watch = *FdWatch::start(*loop, here.get(), FdWatch::readable, [&](int) {
    char byte;
    CHECK(::read(here.get(), &byte, 1) == 1);
    order.push_back(2);
    loop->defer([&] { order.push_back(3); });
  });
  Timer timer(*loop, 5, [&] {
    order.push_back(1);
    CHECK(::write(there.get(), "x", 1) == 1);
  });
  Timer last;
  PollLoop host(*loop);
  CHECK(host.run_until([&] { return order.size() == 3; }));
  CHECK(order == std::vector{1, 2, 3});
  CHECK(host.turns() < 20);
}

TEST_CASE_TEMPLATE("embedding: a timer that is due while the foreign loop is busy is not put off again", L,
                   EVERY_LOOP) {
  auto loop = base::make_loop<L>();
  bool fired = false;
  Timer timer(*loop, 10, [&] { fired = true; });
  const auto start = uv_hrtime();
  while (uv_hrtime() - start < 12'000'000) continue;
  CHECK(loop->timeout() == 0);
  loop->dispatch();
  CHECK(fired);
}

TEST_CASE_TEMPLATE("embedding: stop and run work beside dispatch", L, EVERY_LOOP) {
  auto loop = base::make_loop<L>();
  int ran = 0;
  CHECK(loop->post([&] { ++ran; }));
  loop->dispatch();
  CHECK(loop->post([&] {
    ++ran;
    loop->stop();
  }));
  CHECK(loop->run());
  CHECK(ran == 2);
}
