// A host that runs posted tasks and watches nothing, as CEF's renderer does.
#include "mullion/base/pump.hpp"

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <thread>

#include "base/driver.hpp"
#include "harness/host.hpp"
#include "loop_kinds.hpp"
#include "mullion/base/unique_fd.hpp"

using namespace mullion;
using harness::Host;

namespace {

// A loop that a host drives, and a socket that is watched on it.
template <class L>
struct Driven {
  Host host;
  std::unique_ptr<Loop> loop = base::make_loop<L>();
  UniqueFd here, there;
  int seen = 0;
  std::function<void()> on_seen;
  FdWatch watch;
  std::unique_ptr<Pump> pump;

  Driven() {
    int fds[2];
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) == 0);
    here.reset(fds[0]);
    there.reset(fds[1]);
    watch = *FdWatch::start(*loop, here.get(), FdWatch::readable, [this](int) {
      char bytes[64];
      const auto count = ::read(here.get(), bytes, sizeof bytes);
      if (count > 0) seen += static_cast<int>(count);
      if (on_seen) on_seen();
    });
    auto started = Pump::start(*loop, host.post());
    REQUIRE(started);
    pump = std::move(*started);
    settle();
  }
  void settle() { host.run_all(); }
  void write() { REQUIRE(::write(there.get(), "x", 1) == 1); }
};

}  // namespace

TEST_CASE_TEMPLATE("pump: what comes on a descriptor is seen, each time", L, EVERY_LOOP) {
  Driven<L> driven;
  for (int i = 1; i <= 200; ++i) {
    driven.write();
    REQUIRE(driven.host.run_until([&] { return driven.seen == i; }));
  }
}

TEST_CASE_TEMPLATE("pump: timers, posts of other threads and what is deferred between turns need no call of the host",
                   L, EVERY_LOOP) {
  Driven<L> driven;
  int ran = 0;
  Timer timer(*driven.loop, 2, [&] { ++ran; });
  CHECK(driven.host.run_until([&] { return ran == 1; }));
  driven.loop->defer([&] { ++ran; });
  CHECK(driven.host.run_until([&] { return ran == 2; }));
  std::jthread other([poster = driven.loop->poster(), &ran] { (void)poster.post([&ran] { ++ran; }); });
  CHECK(driven.host.run_until([&] { return ran == 3; }));
}

TEST_CASE_TEMPLATE("pump: a sooner timer is heeded while our thread sleeps for a later one", L, EVERY_LOOP) {
  Driven<L> driven;
  bool late = false, soon = false;
  Timer later(*driven.loop, 1'000'000, [&] { late = true; });
  driven.settle();
  Timer sooner(*driven.loop, 1, [&] { soon = true; });
  CHECK(driven.host.run_until([&] { return soon; }));
  CHECK_FALSE(late);
}

TEST_CASE_TEMPLATE("pump: while a task waits to run no other one is posted", L, EVERY_LOOP) {
  Driven<L> driven;
  driven.write();
  REQUIRE(driven.host.await_task());
  const int posted = driven.host.posted();
  int ran = 0;
  for (int i = 0; i < 50; ++i) {
    driven.write();
    driven.loop->defer([&] { ++ran; });
    (void)driven.loop->post([&] { ++ran; });
  }
  CHECK(driven.host.posted() == posted);
  CHECK(driven.host.run_until([&] { return driven.seen == 51 && ran == 100; }));
}

TEST_CASE_TEMPLATE("pump: an idle loop posts nothing", L, EVERY_LOOP) {
  Driven<L> driven;
  driven.write();
  REQUIRE(driven.host.run_until([&] { return driven.seen == 1; }));
  driven.settle();
  const int posted = driven.host.posted();
  bool fired = false;
  Timer timer(*driven.loop, 30, [&] { fired = true; });
  REQUIRE(driven.host.run_until([&] { return fired; }));
  CHECK(driven.host.posted() <= posted + 4);  // its start, its end, and clocks that differ by a millisecond
}

TEST_CASE_TEMPLATE("pump: a task that is run inside a turn leaves the loop to that turn, which goes on after it", L,
                   EVERY_LOOP) {
  Driven<L> driven;
  int depth = 0, deepest = 0;
  driven.on_seen = [&] {
    deepest = std::max(deepest, ++depth);
    if (driven.seen == 1) {
      driven.write();
      driven.host.run_all();
    }
    --depth;
  };
  driven.write();
  CHECK(driven.host.run_until([&] { return driven.seen == 2; }));
  CHECK(deepest == 1);
}

TEST_CASE_TEMPLATE("pump: while the host's thread waits by itself nothing is posted, and what came is turned to then",
                   L, EVERY_LOOP) {
  Driven<L> driven;
  const int posted = driven.host.posted();
  {
    const HostWaits outer(*driven.loop);
    const HostWaits inner(*driven.loop);
    for (int i = 0; i < 20; ++i) driven.write();
    Timer timer(*driven.loop, 1, [] {});  // posts by itself: the host's thread is running here
    CHECK(driven.host.posted() <= posted + 1);
    driven.settle();
  }
  CHECK(driven.host.run_until([&] { return driven.seen == 20; }));
}

TEST_CASE_TEMPLATE("pump: ends while tasks are posted that never run, or run later", L, EVERY_LOOP) {
  for (const bool run : {false, true}) {
    std::deque<Pump::Task> left;
    {
      Driven<L> driven;
      driven.write();
      REQUIRE(driven.host.await_task());
      left = driven.host.take_all();
      driven.write();
      driven.pump.reset();
      if (run) {
        for (auto& task : left) task();
      }
      CHECK(driven.seen == 0);
    }
    if (!run) left.clear();
    for (auto& task : left) task();
  }
}

TEST_CASE_TEMPLATE("pump: may end inside a turn", L, EVERY_LOOP) {
  Driven<L> driven;
  driven.on_seen = [&] { driven.pump.reset(); };
  driven.write();
  CHECK(driven.host.run_until([&] { return driven.pump == nullptr; }));
  CHECK(driven.seen == 1);
  driven.loop->dispatch();
}

TEST_CASE_TEMPLATE("pump: ends while another thread posts and the host runs", L, EVERY_LOOP) {
  for (int round = 0; round < 30; ++round) {
    Driven<L> driven;
    std::atomic<bool> over = false;
    std::jthread other([&over, poster = driven.loop->poster()] {
      while (!over) (void)poster.post([] {});
    });
    driven.write();
    CHECK(driven.host.run_until([&] { return driven.seen == 1; }));
    driven.pump.reset();
    over = true;
  }
}

TEST_CASE("pump: a loop has one at a time") {
  Driven<base::Embedded> driven;
  auto second = Pump::start(*driven.loop, driven.host.post());
  REQUIRE_FALSE(second);
  CHECK(second.error().code == "driven");
  driven.pump.reset();
  CHECK(Pump::start(*driven.loop, driven.host.post()));
}
