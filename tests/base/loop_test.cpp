#include "mullion/base/loop.hpp"

#include <doctest/doctest.h>
#include <uv.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "loop_kinds.hpp"
#include "mullion/base/stop.hpp"
#include "uv_loop.hpp"

using namespace mullion;

namespace {

// Ends the test's run() if what it waits for never comes.
Timer deadline(Loop& loop) {
  return Timer(loop, 20'000, [&loop] {
    FAIL_CHECK("the deadline passed");
    loop.stop();
  });
}

}  // namespace

TEST_CASE_TEMPLATE("loop: run lasts until stop", L, EVERY_LOOP) {
  auto loop = base::make_loop<L>();
  bool ran = false;
  CHECK(loop->post([&] { ran = true; }));
  CHECK(loop->post([&] { loop->stop(); }));
  CHECK(loop->run());
  CHECK(ran);
}

TEST_CASE_TEMPLATE("loop: stop before run makes run return at once, once", L, EVERY_LOOP) {
  auto loop = base::make_loop<L>();
  int posted = 0;
  CHECK(loop->post([&] {
    ++posted;
    loop->stop();
  }));
  loop->stop();
  CHECK(loop->run());
  CHECK(posted == 0);
  CHECK(loop->run());
  CHECK(posted == 1);
}

TEST_CASE_TEMPLATE("loop: run inside run fails, dispatch inside run does nothing", L, EVERY_LOOP) {
  auto loop = base::make_loop<L>();
  CHECK(loop->post([&] {
    auto again = loop->run();
    REQUIRE_FALSE(again);
    CHECK(again.error().code == "running");
    loop->dispatch();
    loop->stop();
  }));
  CHECK(loop->run());
}

TEST_CASE("loop: attaching to no loop is an error") {
  auto loop = Loop::attach(nullptr);
  REQUIRE_FALSE(loop);
  CHECK(loop.error().kind == Kind::invalid);
}

TEST_CASE_TEMPLATE("post: runs in order, and what a task posts runs in a later turn", L, EVERY_LOOP) {
  auto loop = base::make_loop<L>();
  std::vector<int> order;
  CHECK(loop->post([&] {
    order.push_back(1);
    CHECK(loop->post([&] { order.push_back(3); }));
    loop->defer([&] { order.push_back(20); });
    CHECK(loop->post([&] { loop->stop(); }));
  }));
  CHECK(loop->post([&] { order.push_back(2); }));
  CHECK(loop->run());
  CHECK(order == std::vector{1, 2, 20, 3});
}

TEST_CASE_TEMPLATE("post: a task is destroyed right after it ran", L, EVERY_LOOP) {
  auto loop = base::make_loop<L>();
  auto alive = std::make_shared<int>(0);
  CHECK(loop->post([alive] {}));
  CHECK(loop->post([&] {
    CHECK(alive.use_count() == 1);
    loop->stop();
  }));
  CHECK(loop->run());
}

TEST_CASE_TEMPLATE("post: several threads post at once, each in its own order", L, EVERY_LOOP) {
  constexpr int threads = 4;
  constexpr int posts = 2'000;
  auto loop = base::make_loop<L>();
  auto limit = deadline(*loop);
  std::vector<std::vector<int>> seen(threads);
  int left = threads * posts;
  auto arrived = [&](int thread, int n) {
    seen[thread].push_back(n);
    if (--left == 0) loop->stop();
  };
  std::vector<std::jthread> posters;
  for (int thread = 0; thread < threads; ++thread) {
    posters.emplace_back([poster = loop->poster(), &arrived, thread] {
      for (int n = 0; n < posts; ++n) (void)poster.post([&arrived, thread, n] { arrived(thread, n); });
    });
  }
  CHECK(loop->run());
  for (auto& numbers : seen) {
    CHECK(numbers.size() == posts);
    CHECK(std::ranges::is_sorted(numbers));
  }
}

TEST_CASE_TEMPLATE("post: two loops on two threads play ping-pong", L, EVERY_LOOP) {
  auto here = base::make_loop<L>();
  auto there = base::make_loop<L>();
  auto limit = deadline(*here);
  std::jthread thread([&] { (void)there->run(); });
  int rounds = 0;
  std::move_only_function<void()> serve = [&] {
    CHECK(here->on_loop_thread());
    if (++rounds == 1000) {
      (void)there->post([&] { there->stop(); });
      return here->stop();
    }
    (void)there->post([&] { (void)here->post([&] { serve(); }); });
  };
  CHECK(here->post([&] { serve(); }));
  CHECK(here->run());
  CHECK(rounds == 1000);
}

TEST_CASE_TEMPLATE("post: after the loop has ended a poster answers disconnected", L, EVERY_LOOP) {
  auto loop = base::make_loop<L>();
  auto poster = loop->poster();
  CHECK(poster.post([] {}));
  loop.reset();
  auto posted = poster.post([] { FAIL("ran"); });
  REQUIRE_FALSE(posted);
  CHECK(posted.error().kind == Kind::disconnected);
}

TEST_CASE_TEMPLATE("post: threads that post while the loop ends get an answer each", L, EVERY_LOOP) {
  for (int round = 0; round < 20; ++round) {
    auto loop = base::make_loop<L>();
    std::atomic<int> refused = 0;
    std::vector<std::jthread> posters;
    for (int i = 0; i < 3; ++i) {
      posters.emplace_back([&refused, poster = loop->poster()] {
        while (poster.post([] {})) std::this_thread::yield();
        ++refused;
      });
    }
    for (int turn = 0; turn < round; ++turn) loop->dispatch();
    loop.reset();
    posters.clear();
    CHECK(refused == 3);
  }
}

TEST_CASE_TEMPLATE("end: tasks that still wait are destroyed and not run, and may post and defer", L, EVERY_LOOP) {
  struct Ends {
    Loop& loop;
    int& ends;
    Ends(Loop& loop, int& ends) : loop(loop), ends(ends) {}
    ~Ends() {
      ++ends;
      loop.defer([] { FAIL("ran"); });
      CHECK_FALSE(loop.post([] { FAIL("ran"); }));
    }
  };
  auto loop = base::make_loop<L>();
  int ends = 0;
  auto ending = std::make_unique<Ends>(*loop, ends);
  auto ending2 = std::make_unique<Ends>(*loop, ends);
  CHECK(loop->post([ending = std::move(ending)] { FAIL("ran"); }));
  loop->defer([ending = std::move(ending2)] { FAIL("ran"); });
  loop.reset();
  CHECK(ends == 2);
}

TEST_CASE_TEMPLATE("end: timers and watches may outlive their loop", L, EVERY_LOOP) {
  int pipe[2];
  REQUIRE(uv_pipe(pipe, 0, 0) == 0);
  auto token = std::make_shared<int>(0);
  auto loop = base::make_loop<L>();
  Timer timer(*loop, 0, [token] { FAIL("ran"); });
  auto watch = *FdWatch::start(*loop, pipe[0], FdWatch::readable, [token](int) { FAIL("ran"); });
  loop.reset();
  CHECK(token.use_count() == 1);
  watch.watch(FdWatch::writable);
  timer = Timer();
  watch = FdWatch();
  ::close(pipe[0]);
  ::close(pipe[1]);
}

TEST_CASE_TEMPLATE("end: the program's own handles on our loop are closed", L, EVERY_LOOP) {
  auto loop = base::make_loop<L>();
  auto timer = std::make_unique<uv_timer_t>();
  uv_timer_init(loop->native(), timer.get());
  uv_timer_start(timer.get(), [](uv_timer_t*) {}, 1'000'000, 0);
  loop.reset();
  CHECK(uv_is_closing(reinterpret_cast<uv_handle_t*>(timer.get())));
}

TEST_CASE_TEMPLATE("defer: runs at the end of the turn, in order, before the loop sleeps", L, EVERY_LOOP) {
  auto loop = base::make_loop<L>();
  std::vector<std::string> order;
  Timer late(*loop, 1'000'000, [] { FAIL("slept"); });
  CHECK(loop->post([&] {
    loop->defer([&] { order.push_back("first"); });
    loop->defer([&] {
      order.push_back("second");
      loop->defer([&] {
        order.push_back("nested");
        loop->stop();
      });
    });
    order.push_back("posted");
  }));
  CHECK(loop->run());
  CHECK(order == std::vector<std::string>{"posted", "first", "second", "nested"});
}

TEST_CASE_TEMPLATE("defer: from outside run and from a timer runs in the very turn", L, EVERY_LOOP) {
  auto loop = base::make_loop<L>();
  int ran = 0;
  loop->defer([&] { ++ran; });
  loop->dispatch();
  CHECK(ran == 1);
  Timer timer(*loop, 0, [&] {
    loop->defer([&] {
      ++ran;
      loop->stop();
    });
  });
  CHECK(loop->run());
  CHECK(ran == 2);
}

TEST_CASE_TEMPLATE("defer: an endless chain does not starve descriptors, timers and posts", L, EVERY_LOOP) {
  auto loop = base::make_loop<L>();
  bool going = true;
  long links = 0;
  std::move_only_function<void()> again = [&] {
    ++links;
    if (going) loop->defer([&] { again(); });
  };
  loop->defer([&] { again(); });
  CHECK(loop->timeout() == 0);
  bool timer_ran = false;
  Timer timer(*loop, 0, [&] {
    timer_ran = true;
    CHECK(loop->post([&] { loop->stop(); }));
  });
  CHECK(loop->run());
  CHECK(timer_ran);
  CHECK(links > 64);
  going = false;
  loop->dispatch();
  CHECK(loop->timeout() == -1);
}

TEST_CASE_TEMPLATE("timer: fires once, or again and again until it ends", L, EVERY_LOOP) {
  auto loop = base::make_loop<L>();
  auto limit = deadline(*loop);
  int once = 0;
  int often = 0;
  Timer one(*loop, 0, [&] { ++once; });
  Timer many;
  many = Timer(
      *loop, 1,
      [&] {
        if (++often == 3) loop->stop();
      },
      1);
  CHECK(loop->run());
  CHECK(once == 1);
  CHECK(often == 3);
}

TEST_CASE_TEMPLATE("timer: may end itself in its callback, whose captures live until it returns", L, EVERY_LOOP) {
  auto loop = base::make_loop<L>();
  auto token = std::make_shared<int>(7);
  auto timer = std::make_unique<Timer>();
  *timer = Timer(
      *loop, 0,
      [&timer, &loop, token] {
        timer.reset();
        CHECK(*token == 7);
        CHECK(token.use_count() == 2);
        loop->stop();
      },
      1);
  CHECK(loop->run());
  CHECK(token.use_count() == 1);
  CHECK_FALSE(timer);
}

TEST_CASE_TEMPLATE("timer: may replace itself in its callback", L, EVERY_LOOP) {
  auto loop = base::make_loop<L>();
  int fired = 0;
  Timer timer;
  std::move_only_function<void()> fire = [&] {
    if (++fired == 3) return loop->stop();
    timer = Timer(*loop, 0, [&] { fire(); });
  };
  timer = Timer(*loop, 0, [&] { fire(); });
  CHECK(loop->run());
  CHECK(fired == 3);
}

TEST_CASE_TEMPLATE("timer: counts from its start, not from when the loop last looked at the clock", L, EVERY_LOOP) {
  constexpr int delay = 100'000;
  auto loop = base::make_loop<L>();
  loop->dispatch();
  const auto before = uv_hrtime();
  while (uv_hrtime() - before < 20'000'000) continue;
  const auto start = uv_hrtime();
  Timer timer(*loop, delay, [] { FAIL("fired"); });
  const int left = loop->timeout();
  const int passed = int((uv_hrtime() - start) / 1'000'000) + 2;
  CHECK(left >= delay - passed);
  CHECK(left <= delay);
}

TEST_CASE_TEMPLATE("timer: ended before it is due never fires and drops what it captured", L, EVERY_LOOP) {
  auto loop = base::make_loop<L>();
  auto token = std::make_shared<int>(0);
  {
    Timer timer(*loop, 0, [token] { FAIL("fired"); });
    Timer moved = std::move(timer);
    CHECK(token.use_count() == 2);
  }
  CHECK(token.use_count() == 1);
  loop->dispatch();
}

TEST_CASE("attached: runs inside the program's loop and keeps it alive only for work") {
  base::UvLoop program;
  {
    auto loop = *Loop::attach(program.get());
    CHECK(uv_run(program.get(), UV_RUN_DEFAULT) == 0);
    std::vector<int> order;
    loop->defer([&] { order.push_back(1); });
    CHECK(uv_run(program.get(), UV_RUN_DEFAULT) == 0);
    CHECK(loop->post([&] {
      order.push_back(2);
      loop->defer([&] { order.push_back(3); });
    }));
    CHECK(uv_run(program.get(), UV_RUN_DEFAULT) == 0);
    Timer timer(*loop, 1, [&] { order.push_back(4); });
    CHECK(uv_run(program.get(), UV_RUN_DEFAULT) == 0);
    CHECK(order == std::vector{1, 2, 3, 4});
  }
}

TEST_CASE("attached: run and dispatch drive the program's loop, and stop ends only run") {
  base::UvLoop program;
  auto loop = *Loop::attach(program.get());
  int ran = 0;
  std::jthread poster([&, to = loop->poster()] { (void)to.post([&] { loop->stop(); }); });
  CHECK(loop->run());
  loop->defer([&] { ++ran; });
  loop->dispatch();
  CHECK(ran == 1);
  loop->stop();
  bool programs = false;
  CHECK(loop->post([&] { programs = true; }));
  CHECK(uv_run(program.get(), UV_RUN_DEFAULT) == 0);
  CHECK(programs);
  loop.reset();
}

TEST_CASE("attached: the Loop may end inside a task of its own; the rest is destroyed") {
  base::UvLoop program;
  auto loop = *Loop::attach(program.get());
  bool ended = false;
  auto token = std::make_shared<int>(0);
  CHECK(loop->post([&] {
    loop.reset();
    ended = true;
  }));
  CHECK(loop->post([token] { FAIL("ran"); }));
  CHECK(uv_run(program.get(), UV_RUN_DEFAULT) == 0);
  CHECK(ended);
  CHECK(token.use_count() == 1);
  loop = *Loop::attach(program.get());
  loop->defer([&] { loop.reset(); });
  loop->defer([token] { FAIL("ran"); });
  CHECK(uv_run(program.get(), UV_RUN_DEFAULT) == 0);
  CHECK_FALSE(loop);
  CHECK(token.use_count() == 1);
}

TEST_CASE("attached: two Loops share one of the program's") {
  base::UvLoop program;
  auto first = *Loop::attach(program.get());
  auto second = *Loop::attach(program.get());
  int ran = 0;
  CHECK(first->post([&] { ++ran; }));
  second->defer([&] { ++ran; });
  first->dispatch();
  second->dispatch();
  CHECK(ran == 2);
}

TEST_CASE_TEMPLATE("stop watch: calls on the loop, once, whoever asks to stop", L, EVERY_LOOP) {
  auto loop = base::make_loop<L>();
  auto limit = deadline(*loop);
  std::stop_source source;
  int called = 0;
  StopWatch watch(*loop, source.get_token(), [&] {
    CHECK(loop->on_loop_thread());
    ++called;
    loop->stop();
  });
  std::jthread([&] { source.request_stop(); }).join();
  CHECK(called == 0);
  CHECK(loop->run());
  CHECK(called == 1);
}

TEST_CASE_TEMPLATE("stop watch: after its end, or its loop's, nothing is called", L, EVERY_LOOP) {
  auto loop = base::make_loop<L>();
  std::stop_source source;
  auto watch = std::make_unique<StopWatch>(*loop, source.get_token(), [] { FAIL("called"); });
  source.request_stop();
  watch.reset();
  loop->dispatch();
  std::stop_source later;
  StopWatch outlives(*loop, later.get_token(), [] { FAIL("called"); });
  loop.reset();
  later.request_stop();
}
