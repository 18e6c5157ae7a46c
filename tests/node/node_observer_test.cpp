#include <doctest/doctest.h>

#include "harness/scripts.hpp"

using namespace mullion;
using namespace mullion::harness;
using node::CloseReason;
using node::EndId;
using transport::Medium;

namespace {

struct Observer final : node::EndObserver {
  std::move_only_function<bool(node::Bytes)> parcel = [](node::Bytes) { return false; };
  std::move_only_function<void()> ready = [] {};
  std::move_only_function<void(CloseReason)> closed = [](CloseReason) {};

  bool on_parcel(node::Bytes body) override { return parcel(body); }
  void on_parcel_ready() override { ready(); }
  void on_closed(CloseReason reason) override { closed(reason); }
};

std::size_t take_all(node::Node& node, EndId end) {
  std::size_t count = 0;
  while (node.take(end)) ++count;
  return count;
}

}  // namespace

TEST_CASE("observer: is told in a turn of the loop, never inside a call into the node") {
  auto main = Main::create(Medium::shm);
  auto [mine, other] = main->channel();
  std::size_t taken = 0;
  Observer observer;
  observer.ready = [&, end = other] { taken += take_all(main->node(), end); };
  main->node().observe(other, &observer);
  main->node().start(other);
  main->post(mine, "one");
  main->post(mine, "two");
  CHECK(taken == 0);
  CHECK(main->wait_until([&] { return taken == 2; }));
}

TEST_CASE("observer: of an end that has messages or is closed already is told") {
  auto main = Main::create(Medium::shm);
  auto [mine, other] = main->channel();
  main->post(mine, "waits");
  main->node().start(other);
  main->node().close(mine);
  std::string told;
  Observer observer;
  observer.ready = [&, end = other] { told += std::to_string(take_all(main->node(), end)); };
  observer.closed = [&](CloseReason reason) { told += to_string(reason); };
  run_turns(main->loop());
  main->node().observe(other, &observer);
  CHECK(told.empty());
  CHECK(main->wait_until([&] { return told == "1closed"; }));
  main->node().observe(other, nullptr);
}

TEST_CASE("observer: an end that is not started is not told of anything") {
  auto main = Main::create(Medium::shm);
  auto [mine, other] = main->channel();
  bool told = false;
  Observer observer;
  observer.ready = [&] { told = true; };
  observer.closed = [&](CloseReason) { told = true; };
  main->node().observe(other, &observer);
  main->post(mine, "waits");
  main->node().close(mine);
  run_turns(main->loop());
  CHECK_FALSE(told);
  CHECK_FALSE(main->node().take(other));
  main->node().start(other);
  CHECK(main->wait_until([&] { return told; }));
}

TEST_CASE("observer: takes 200 messages a turn, then others have their turn") {
  auto main = Main::create(Medium::shm);
  auto [mine, other] = main->channel();
  std::size_t taken = 0;
  Observer observer;
  observer.ready = [&, end = other] { taken += take_all(main->node(), end); };
  main->node().observe(other, &observer);
  main->node().start(other);
  for (int i = 0; i < 1000; ++i) main->post(mine, "x");
  main->loop().dispatch();
  CHECK(taken == 200);
  CHECK(main->wait_until([&] { return taken == 1000; }));
}

TEST_CASE("observer: may be destroyed, and its end closed, by what it is told") {
  auto main = Main::create(Medium::shm);
  auto [mine, other] = main->channel();
  auto observer = std::make_unique<Observer>();
  observer->ready = [&, end = other] {
    main->node().close(end);
    observer.reset();
  };
  main->node().observe(other, observer.get());
  main->node().start(other);
  main->post(mine, "x");
  CHECK(main->wait_until([&] { return !observer; }));
  CHECK(main->closed(mine) == CloseReason::closed);
}

TEST_CASE("observer: may destroy the broker") {
  auto loop = *Loop::create();
  auto broker = *node::Broker::create(*loop);
  auto node = broker->share_node();
  auto [mine, other] = *node->create_channel();
  Observer observer;
  observer.ready = [&] { broker.reset(); };
  node->observe(other, &observer);
  node->start(other);
  CHECK(node->post(mine, node::Bytes{}));
  CHECK(run_until(*loop, [&] { return !broker; }));
  run_turns(*loop);
  CHECK_FALSE(node->open());
  CHECK(node->post(mine, node::Bytes{}).error().kind == Kind::disconnected);
  CHECK(node->create_channel().error().kind == Kind::disconnected);
  CHECK_FALSE(node->take(other));
  node->close(mine);
}

TEST_CASE("observer: that is told no more is told nothing") {
  auto main = Main::create(Medium::shm);
  auto [mine, other] = main->channel();
  bool told = false;
  Observer observer;
  observer.ready = [&] { told = true; };
  main->node().observe(other, &observer);
  main->node().start(other);
  main->post(mine, "x");
  main->node().observe(other, nullptr);
  run_turns(main->loop());
  CHECK_FALSE(told);
  CHECK(main->node().take(other));
}

MULLION_SCRIPT(posts_five_when_asked) {
  self.receive(self.boot());
  for (int i = 0; i < 5; ++i) self.post(self.boot(), std::to_string(i));
  self.wait_until([&] { return self.node().take(self.boot()) || self.node().closed(self.boot()); });
}

TEST_CASE("observer: reads messages in place, or leaves them to take()") {
  over_each_medium([](Main& main) {
    auto& child = main.start("posts_five_when_asked");
    std::string in_place, taken;
    Observer observer;
    observer.parcel = [&](node::Bytes body) {
      if (in_place.size() == 2) return false;
      in_place += static_cast<char>(body[0]);
      return true;
    };
    observer.ready = [&] {
      while (auto mail = main.node().take(child.boot)) taken += static_cast<char>(mail->body[0]);
    };
    main.node().observe(child.boot, &observer);
    main.node().start(child.boot);
    main.post(child.boot, "go");
    EXPECT(main.wait_until([&] { return taken.size() == 3; }));
    EXPECT(in_place == "01");
    EXPECT(taken == "234");
    main.node().observe(child.boot, nullptr);
    main.post(child.boot, "leave");
  });
}

TEST_CASE("observer: may destroy the broker while it reads a message in place") {
  for (Medium medium : {Medium::in_process, Medium::pipe, Medium::shm}) {
    CAPTURE(to_string(medium));
    auto main = Main::create(medium);
    auto& child = main->start("posts_five_when_asked");
    Observer observer;
    bool done = false;
    observer.parcel = [&](node::Bytes) {
      main->destroy_broker();
      return done = true;
    };
    main->node().observe(child.boot, &observer);
    main->node().start(child.boot);
    main->post(child.boot, "go");
    CHECK(main->wait_until([&] { return done; }));
    run_turns(main->loop());
  }
}

// ---- waiting without the loop

MULLION_SCRIPT(asks_and_waits) {
  constexpr std::uint64_t second = 1'000'000'000;
  const EndId other = self.receive_port(self.boot());
  std::string told;
  Observer observer;
  observer.ready = [&] { told += std::to_string(take_all(self.node(), other)); };
  self.node().observe(other, &observer);
  self.node().start(other);
  EXPECT(!*self.node().wait(self.boot(), second / 1000));  // nothing was asked
  self.post(self.boot(), "question");
  EXPECT(*self.node().wait(self.boot(), 20 * second));
  EXPECT(told.empty());  // what came for the other end meanwhile waits for its turn
  EXPECT(self.receive_text(self.boot()) == "answer");
  EXPECT(self.wait_until([&] { return told == "1"; }));
  self.post(self.boot(), "done");
  EXPECT(!*self.node().wait(self.boot(), 20 * second));  // main closes it
  EXPECT(self.node().closed(self.boot()) == CloseReason::closed);
  self.node().observe(other, nullptr);
}

TEST_CASE("wait: gives the answer without running the loop, and other ends their turn later") {
  over_each_medium([](Main& main) {
    auto& child = main.start("asks_and_waits");
    auto [mine, yours] = main.channel();
    main.post(child.boot, "another port", {yours});
    EXPECT(main.receive_text(child.boot) == "question");
    main.post(mine, "for the other end");
    main.post(child.boot, "answer");
    EXPECT(main.receive_text(child.boot) == "done");
    main.node().close(child.boot);
    main.finish(child);
  });
}

TEST_CASE("wait: is denied to main") {
  auto main = Main::create(Medium::shm);
  auto [mine, other] = main->channel();
  main->node().start(mine);
  CHECK(main->node().wait(mine, 1'000'000).error().kind == Kind::denied);
  main->post(other, "here");
  CHECK(*main->node().wait(mine, 0));
}

MULLION_SCRIPT(waits_until_main_hangs_up) {
  self.node().start(self.boot());
  self.post(self.boot(), "waiting");
  std::string told;
  self.node().on_disconnected([&](const Error& why) { told = why.code; });
  auto waited = self.node().wait(self.boot(), 20'000'000'000);
  EXPECT(!waited || !*waited);
  EXPECT(self.wait_until([&] { return !told.empty(); }));
  EXPECT(told == "closed");
  EXPECT(!self.node().open());
  EXPECT(self.closed(self.boot()) == CloseReason::peer_exited);
}

TEST_CASE("wait: ends when main hangs up, and the node is told") {
  over_each_medium([](Main& main) {
    auto& child = main.start("waits_until_main_hangs_up");
    EXPECT(main.receive_text(child.boot) == "waiting");
    main.broker().disconnect(child.id);
    main.finish(child);
  });
}
