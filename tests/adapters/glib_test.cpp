// GLib's loop, which turns a Loop by its source alone.
#include <doctest/doctest.h>
#include <glib.h>
#include <sys/eventfd.h>
#include <time.h>

#include <thread>
#include <vector>

#include "mullion/adapters/glib.hpp"
#include "mullion/base/unique_fd.hpp"

using namespace mullion;
using adapters::GlibSource;

namespace {

constexpr std::uint64_t patience_ms = 20'000;

// The thread's default context, iterated until something holds; false when the time is up.
template <class F>
bool iterate_until(GMainContext* context, F holds) {
  auto end = g_get_monotonic_time() + static_cast<gint64>(patience_ms) * 1000;
  auto* alarm = g_timeout_source_new(patience_ms);
  g_source_set_callback(alarm, [](gpointer) -> gboolean { return G_SOURCE_CONTINUE; }, nullptr, nullptr);
  g_source_attach(alarm, context);
  while (!holds() && g_get_monotonic_time() < end) g_main_context_iteration(context, TRUE);
  g_source_destroy(alarm);
  g_source_unref(alarm);
  return holds();
}

// Until nothing is ready any more.
void settle() {
  for (int i = 0; i < 1000 && g_main_context_iteration(nullptr, FALSE); ++i) continue;
}

double cpu_seconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

struct Guest {
  std::unique_ptr<Loop> loop;
  std::unique_ptr<GlibSource> source;
};

Guest make_guest(Result<std::unique_ptr<Loop>> loop) {
  REQUIRE(loop);
  Guest guest{std::move(*loop), nullptr};
  guest.source = GlibSource::attach(*guest.loop);
  return guest;
}

}  // namespace

TEST_CASE("glib: timers, posts from another thread, descriptors and what they defer come in GLib's loop") {
  for (auto make : {Loop::create, Loop::create_embedded}) {
    auto guest = make_guest(make());
    std::vector<int> order;
    UniqueFd event(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    auto watch = FdWatch::start(*guest.loop, event.get(), FdWatch::readable, [&](int) {
      eventfd_t value = 0;
      if (eventfd_read(event.get(), &value) == 0) order.push_back(2);
      std::jthread([&, poster = guest.loop->poster()] {
        (void)poster.post([&] { guest.loop->defer([&] { order.push_back(3); }); });
      });
    });
    REQUIRE(watch);
    Timer timer(*guest.loop, 5, [&] {
      order.push_back(1);
      eventfd_write(event.get(), 1);
    });
    CHECK(iterate_until(nullptr, [&] { return order.size() == 3; }));
    CHECK(order == std::vector{1, 2, 3});
  }
}

TEST_CASE("glib: what is begun between two turns is seen before GLib sleeps") {
  auto guest = make_guest(Loop::create());
  settle();
  bool deferred = false, due = false;
  guest.loop->defer([&] { deferred = true; });
  CHECK(iterate_until(nullptr, [&] { return deferred; }));
  Timer timer(*guest.loop, 10, [&] { due = true; });
  CHECK(iterate_until(nullptr, [&] { return due; }));
}

TEST_CASE("glib: an idle loop uses no cpu and wakes nobody") {
  auto guest = make_guest(Loop::create());
  settle();
  bool over = false;
  auto* end = g_timeout_source_new(300);
  g_source_set_callback(
      end, [](gpointer over) -> gboolean { return (*static_cast<bool*>(over) = true), G_SOURCE_REMOVE; }, &over,
      nullptr);
  g_source_attach(end, nullptr);
  g_source_unref(end);
  auto before = cpu_seconds();
  int turns = 0;
  while (!over) {
    g_main_context_iteration(nullptr, TRUE);
    ++turns;
  }
  CHECK(turns <= 3);
  CHECK(cpu_seconds() - before < 0.1);
}

TEST_CASE("glib: a context that is iterated inside a turn does not turn the loop again") {
  auto guest = make_guest(Loop::create());
  int depth = 0, deepest = 0, calls = 0;
  auto nested = [&] {
    deepest = std::max(deepest, ++depth);
    for (int i = 0; i < 5; ++i) g_main_context_iteration(nullptr, FALSE);
    --depth;
    ++calls;
  };
  Timer first(*guest.loop, 0, nested), second(*guest.loop, 0, nested);
  CHECK(iterate_until(nullptr, [&] { return calls == 2; }));
  CHECK(deepest == 1);
}

TEST_CASE("glib: it attaches to the context that is the thread's own") {
  std::jthread([] {
    auto* own = g_main_context_new();
    g_main_context_push_thread_default(own);
    {
      auto guest = make_guest(Loop::create());
      bool ran = false;
      guest.loop->defer([&] { ran = true; });
      CHECK(iterate_until(own, [&] { return ran; }));
    }
    g_main_context_pop_thread_default(own);
    g_main_context_unref(own);
  });
}

TEST_CASE("glib: after the source has ended nothing turns the loop") {
  auto loop = *Loop::create();
  auto source = GlibSource::attach(*loop);
  bool ran = false;
  loop->defer([&] { ran = true; });
  source.reset();
  for (int i = 0; i < 10; ++i) g_main_context_iteration(nullptr, FALSE);
  CHECK_FALSE(ran);
}
