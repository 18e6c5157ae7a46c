#include <doctest/doctest.h>

#include "harness/scripts.hpp"

using namespace mullion;
using namespace mullion::harness;
using node::CloseReason;
using node::EndId;

namespace {

// Counts what an end tells.
struct Listener final : node::EndObserver {
  node::Node& node;
  EndId end;
  std::vector<std::string> texts;
  std::vector<CloseReason> closes;

  Listener(node::Node& on, EndId which) : node(on), end(which) {
    node.observe(end, this);
    node.start(end);
  }
  ~Listener() { node.observe(end, nullptr); }
  void on_parcel_ready() override {
    while (auto mail = node.take(end))
      texts.emplace_back(reinterpret_cast<const char*>(mail->body.data()), mail->body.size());
  }
  void on_closed(CloseReason reason) override { closes.push_back(reason); }
};

}  // namespace

MULLION_SCRIPT(posts_three_and_closes) {
  const EndId port = self.receive_port(self.boot());
  for (const char* text : {"one", "two", "three"}) self.post(port, text);
  self.node().close(port);
  self.receive(self.boot());
}

TEST_CASE("close: is told once, after the last message, with the reason") {
  over_each_medium([](Main& main) {
    auto& child = main.start("posts_three_and_closes");
    auto [mine, yours] = main.channel();
    Listener listener(main.node(), mine);
    main.post(child.boot, "a port", {yours});
    EXPECT(main.wait_until([&] { return !listener.closes.empty(); }));
    EXPECT((listener.texts == std::vector<std::string>{"one", "two", "three"}));
    main.post(child.boot, "leave");
    main.finish(child);
    run_turns(main.loop());
    EXPECT((listener.closes == std::vector{CloseReason::closed}));
    EXPECT(main.node().closed(mine) == CloseReason::closed);
  });
}

MULLION_SCRIPT(sees_its_port_close) {
  const EndId port = self.receive_port(self.boot());
  EXPECT(self.receive_text(port) == "last words");
  EXPECT(self.closed(port) == CloseReason::closed);
}

TEST_CASE("close: by main is seen by the child after what main had posted") {
  over_each_medium([](Main& main) {
    auto& child = main.start("sees_its_port_close");
    auto [mine, yours] = main.channel();
    main.post(child.boot, "a port", {yours});
    main.post(mine, "last words");
    main.node().close(mine);
    EXPECT(!main.node().holds(mine));
  });
}

TEST_CASE("close: while the peer is on its way is seen where the peer arrives") {
  over_each_medium([](Main& main) {
    auto& child = main.start("sees_its_port_close");
    auto [mine, yours] = main.channel();
    main.post(mine, "last words");
    main.node().close(mine);
    main.post(child.boot, "a port", {yours});
  });
}

MULLION_SCRIPT(drops_the_port_it_is_given) { self.node().close(self.receive_port(self.boot())); }

TEST_CASE("close: of a port that was received closes its peer") {
  over_each_medium([](Main& main) {
    auto& child = main.start("drops_the_port_it_is_given");
    auto [mine, yours] = main.channel();
    main.post(child.boot, "a port", {yours});
    EXPECT(main.closed(mine) == CloseReason::closed);
  });
}

MULLION_SCRIPT(never_takes_its_mail) { self.wait_until([&] { return !self.node().open(); }); }

TEST_CASE("close: of a carrier closes the peers of ports that nobody received") {
  over_each_medium([](Main& main) {
    auto& child = main.start("never_takes_its_mail");
    auto carrier = main.channel(), cargo = main.channel();
    main.post(carrier.first, "with a port", {cargo.second});
    main.node().close(carrier.second);
    EXPECT(main.closed(cargo.first) == CloseReason::closed);
    main.broker().disconnect(child.id);
  });
}

TEST_CASE("close: posting to an end whose peer is gone is no error, and the ports end") {
  over_each_medium([](Main& main) {
    auto [mine, other] = main.channel();
    auto [third, fourth] = main.channel();
    main.node().close(other);
    EXPECT(main.closed(mine) == CloseReason::closed);
    main.post(mine, "to nobody", {third});
    EXPECT(!main.node().holds(third));
    EXPECT(main.closed(fourth) == CloseReason::closed);
    EXPECT(!main.node().post(other, node::Bytes{}));
  });
}

TEST_CASE("close: twice, and of what never was, does nothing") {
  over_each_medium([](Main& main) {
    auto [mine, other] = main.channel();
    main.node().close(other);
    main.node().close(other);
    main.node().close(EndId{4711});
    EXPECT(main.closed(mine) == CloseReason::closed);
    main.node().close(mine);
  });
}
