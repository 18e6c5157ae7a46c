#include <doctest/doctest.h>

#include "harness/scripts.hpp"
#include "mullion/ipc/port.hpp"

using namespace mullion;
using namespace mullion::harness;

namespace {

StartedPort boot_of(Child& self) { return MessagePort(self.share_node(), self.boot()).start(); }
StartedPort boot_of(Main& main, const Started& child) { return MessagePort(main.share_node(), child.boot).start(); }

}  // namespace

// Answers each {add, to} with their sum, until the port closes.
Task<> add(const StartedPort& port, bool& done) {
  for (auto question = co_await port.receive(); question; question = co_await port.receive()) {
    const double sum = question->data["add"].to<double>().value_or(0) + question->data["to"].to<double>().value_or(0);
    EXPECT(port.post_message(sum));
  }
  done = true;
}

MULLION_SCRIPT(adds) {
  auto port = boot_of(self);
  bool done = false;
  Tasks tasks;
  tasks.spawn(add(port, done));
  EXPECT(self.wait_until([&] { return done; }));
}

TEST_CASE("port: values go to another process and their answers come back, by coroutines on both sides") {
  over_each_medium([](Main& main) {
    auto port = boot_of(main, main.start("adds"));
    std::vector<double> sums;
    Tasks tasks;
    tasks.spawn([](const StartedPort& port, std::vector<double>& sums) -> Task<> {
      for (int i = 0; i < 20; ++i) {
        const Value question{{"add", i}, {"to", 1}};
        EXPECT(port.post_message(question));
        auto sum = co_await port.receive();
        EXPECT(sum);
        sums.push_back(*sum->data.to<double>());
      }
    }(port, sums));
    EXPECT(main.wait_until([&] { return sums.size() == 20; }));
    for (int i = 0; i < 20; ++i) EXPECT(sums[static_cast<std::size_t>(i)] == i + 1);
  });
}

MULLION_SCRIPT(answers_on_each_port_in_a_message) {
  auto boot = boot_of(self);
  std::vector<MessagePort> kept;
  boot.on_message([&](Message message) {
    for (MessagePort& port : message.ports) {
      EXPECT(port.post_message(message.data));
      kept.push_back(std::move(port));
    }
  });
  EXPECT(self.wait_until([&] { return kept.size() == 3; }));
}

TEST_CASE("port: several ports in one message arrive, and close with the process that held them") {
  over_each_medium([](Main& main) {
    auto boot = boot_of(main, main.start("answers_on_each_port_in_a_message"));
    std::vector<StartedPort> mine;
    std::vector<MessagePort> theirs;
    for (int i = 0; i < 3; ++i) {
      auto ends = MessageChannel::create(main.share_node());
      EXPECT(ends);
      mine.push_back(std::move(ends->port1).start());
      theirs.push_back(std::move(ends->port2));
    }
    EXPECT(boot.post_message("answer", std::move(theirs[0]), std::move(theirs[1]), std::move(theirs[2])));
    int answers = 0, closes = 0;
    for (StartedPort& port : mine) {
      port.on_message([&](Message message) { answers += message.data == "answer"; });
      port.on_close([&](const Error&) { ++closes; });
    }
    EXPECT(main.wait_until([&] { return closes == 3; }));
    EXPECT(answers == 3);
  });
}

MULLION_SCRIPT(returns_bytes) {
  auto boot = boot_of(self);
  bool closed = false;
  boot.on_bytes([&](std::span<const std::byte> bytes) { EXPECT(boot.post_bytes(bytes)); });
  boot.on_message([&](Message message) { EXPECT(boot.post_message(message.data)); });
  boot.on_close([&](const Error&) { closed = true; });
  EXPECT(self.wait_until([&] { return closed; }));
}

TEST_CASE("port: raw bytes are read in place, or as a bytes value") {
  over_each_medium([](Main& main) {
    auto boot = boot_of(main, main.start("returns_bytes"));
    const std::string text(1000, 'b');
    const auto bytes = std::as_bytes(std::span(text));
    std::vector<std::byte> in_place;
    std::optional<Value> value;
    boot.on_message([&](Message message) { value = message.data; });
    EXPECT(boot.post_bytes(bytes));
    EXPECT(main.wait_until([&] { return value.has_value(); }));
    EXPECT(value->type() == Value::Type::bytes);
    EXPECT(value->bytes().size() == 1000);
    value.reset();
    boot.on_bytes([&](std::span<const std::byte> seen) { in_place.assign(seen.begin(), seen.end()); });
    EXPECT(boot.post_bytes(bytes));
    EXPECT(boot.post_message("not raw"));
    EXPECT(main.wait_until([&] { return value.has_value(); }));
    EXPECT(*value == "not raw");
    EXPECT(std::equal(in_place.begin(), in_place.end(), bytes.begin(), bytes.end()));
  });
}

MULLION_SCRIPT(waits_to_be_killed) {
  auto boot = boot_of(self);
  EXPECT(boot.post_message("ready"));
  self.wait_until([] { return false; });
}

MULLION_SCRIPT(counts_when_asked) {
  auto port = boot_of(self);
  auto ends = MessageChannel::create(self.share_node());
  EXPECT(ends);
  bool asked = false, done = false;
  port.on_message([&](Message) {
    for (int i = 0; i < 6; ++i) {
      auto posted = i == 3 ? port.post_message(i, std::move(ends->port1)) : port.post_message(i);
      EXPECT(posted);
    }
    asked = true;
  });
  port.on_close([&](const Error&) { done = true; });
  EXPECT(self.wait_until([&] { return done; }));
  EXPECT(asked);
}

TEST_CASE("port: main reads values in place, and those with ports in their turn between them") {
  over_each_medium([](Main& main) {
    auto port = boot_of(main, main.start("counts_when_asked"));
    std::vector<double> got;
    std::size_t ports = 0;
    port.on_message([&](Message message) {
      got.push_back(message.data.number());
      ports += message.ports.size();
    });
    EXPECT(port.post_message("count"));
    EXPECT(main.wait_until([&] { return got.size() == 6; }));
    for (std::size_t i = 0; i < 6; ++i) EXPECT(got[i] == static_cast<double>(i));
    EXPECT(ports == 1);
  });
}

TEST_CASE("port: a callback that reads a value in place may put another in its own place") {
  over_each_medium([](Main& main) {
    auto port = boot_of(main, main.start("counts_when_asked"));
    std::vector<double> first, second;
    port.on_message([&](Message message) {
      auto& to = first;
      port.on_message([&](Message later) { second.push_back(later.data.number()); });
      to.push_back(message.data.number());
    });
    EXPECT(port.post_message("count"));
    EXPECT(main.wait_until([&] { return second.size() == 5; }));
    EXPECT(first.size() == 1);
    EXPECT(first[0] == 0);
  });
}

TEST_CASE("port: a callback that reads a value in place may drop its own port") {
  over_each_medium([](Main& main) {
    auto port = std::make_unique<StartedPort>(boot_of(main, main.start("counts_when_asked")));
    int got = 0;
    port->on_message([&](Message) {
      ++got;
      port.reset();
    });
    EXPECT(port->post_message("count"));
    EXPECT(main.wait_until([&] { return !port; }));
    run_turns(main.loop());
    EXPECT(got == 1);
  });
}

TEST_CASE("port: a receive that waits for a process that is killed says so") {
  over_each_process_medium([](Main& main) {
    auto& child = main.start("waits_to_be_killed");
    auto boot = boot_of(main, child);
    std::string last;
    Tasks tasks;
    tasks.spawn([](const StartedPort& port, std::string& last) -> Task<> {
      for (auto message = co_await port.receive();; message = co_await port.receive()) {
        last = message ? "ready" : message.error().code;
        if (!message) co_return;
      }
    }(boot, last));
    EXPECT(main.wait_until([&] { return last == "ready"; }));
    main.kill(child);
    EXPECT(main.wait_until([&] { return last == "peer-exited"; }));
  });
}
