#include <doctest/doctest.h>

#include "harness/scripts.hpp"

using namespace mullion;
using namespace mullion::harness;
using node::CloseReason;
using node::EndId;

namespace {

void post_numbers(Peer& peer, EndId end, int from, int to) {
  for (int i = from; i < to; ++i) peer.post(end, std::to_string(i));
}

void expect_numbers(Peer& peer, EndId end, int from, int to) {
  for (int i = from; i < to; ++i) EXPECT(peer.receive_text(end) == std::to_string(i));
}

}  // namespace

MULLION_SCRIPT(answers_on_the_port_it_is_given) {
  const EndId port = self.receive_port(self.boot());
  expect_numbers(self, port, 0, 3);
  self.post(port, "got them");
}

TEST_CASE("port: moved from main to a child with its backlog") {
  over_each_medium([](Main& main) {
    auto& child = main.start("answers_on_the_port_it_is_given");
    auto [mine, yours] = main.channel();
    post_numbers(main, mine, 0, 3);
    main.post(child.boot, "a port", {yours});
    EXPECT(!main.node().holds(yours));
    EXPECT(main.receive_text(mine) == "got them");
    EXPECT(main.closed(mine) == CloseReason::closed);
  });
}

MULLION_SCRIPT(sends_a_port_of_its_own) {
  auto [mine, yours] = self.channel();
  post_numbers(self, mine, 0, 3);
  self.post(self.boot(), "a port", {yours});
  EXPECT(self.receive_text(mine) == "got them");
}

TEST_CASE("port: moved from a child to main with its backlog") {
  over_each_medium([](Main& main) {
    auto& child = main.start("sends_a_port_of_its_own");
    const EndId port = main.receive_port(child.boot);
    expect_numbers(main, port, 0, 3);
    main.post(port, "got them");
    EXPECT(main.closed(port) == CloseReason::closed);
  });
}

TEST_CASE("port: moved from one child to another through main") {
  over_each_medium([](Main& main) {
    auto& sender = main.start("sends_a_port_of_its_own");
    auto& receiver = main.start("answers_on_the_port_it_is_given");
    main.post(receiver.boot, "a port", {main.receive_port(sender.boot)});
    main.finish();
  });
}

MULLION_SCRIPT(returns_each_port) {
  while (true) {
    Mail mail = self.receive(self.boot());
    if (mail.ports.empty()) return;
    self.post(self.boot(), "back", {mail.ports[0]});
  }
}

TEST_CASE("port: moved back and forth while its peer posts delivers everything in order") {
  over_each_medium([](Main& main) {
    auto& child = main.start("returns_each_port");
    auto [mine, other] = main.channel();
    int posted = 0;
    for (int round = 0; round < 10; ++round) {
      post_numbers(main, mine, posted, posted + 5);
      main.post(child.boot, "there", {other});
      post_numbers(main, mine, posted + 5, posted + 10);
      posted += 10;
      other = main.receive_port(child.boot);
    }
    main.post(child.boot, "enough");
    expect_numbers(main, other, 0, posted);
  });
}

MULLION_SCRIPT(swaps_numbers_on_a_port) {
  const EndId port = self.receive_port(self.boot());
  post_numbers(self, port, 100, 150);
  expect_numbers(self, port, 0, 150);
  self.post(self.boot(), "done");
  self.receive(self.boot());  // nobody leaves before both are done
}

TEST_CASE("port: both ends moved at once to two children keep what was posted, in order") {
  over_each_medium([](Main& main) {
    auto& first = main.start("swaps_numbers_on_a_port");
    auto& second = main.start("swaps_numbers_on_a_port");
    auto [one, two] = main.channel();
    post_numbers(main, one, 0, 100);
    post_numbers(main, two, 0, 100);
    main.post(first.boot, "one", {one});
    main.post(second.boot, "two", {two});
    for (auto* child : {&first, &second}) EXPECT(main.receive_text(child->boot) == "done");
    for (auto* child : {&first, &second}) main.post(child->boot, "leave");
  });
}

MULLION_SCRIPT(passes_its_port_on) {
  const EndId port = self.receive_port(self.boot());
  post_numbers(self, port, 0, 50);
  self.post(self.boot(), "for the other", {port});
  const EndId others = self.receive_port(self.boot());
  expect_numbers(self, others, 0, 50);
  self.post(self.boot(), "done");
  self.receive(self.boot());
}

TEST_CASE("port: both ends moved by two children at the same time keep what was posted, in order") {
  over_each_medium([](Main& main) {
    auto& first = main.start("passes_its_port_on");
    auto& second = main.start("passes_its_port_on");
    auto [one, two] = main.channel();
    main.post(first.boot, "one", {one});
    main.post(second.boot, "two", {two});
    const EndId from_first = main.receive_port(first.boot), from_second = main.receive_port(second.boot);
    main.post(first.boot, "the other's", {from_second});
    main.post(second.boot, "the other's", {from_first});
    for (auto* child : {&first, &second}) EXPECT(main.receive_text(child->boot) == "done");
    for (auto* child : {&first, &second}) main.post(child->boot, "leave");
  });
}

MULLION_SCRIPT(opens_a_port_in_a_port) {
  const EndId outer = self.receive_port(self.boot());
  const EndId inner = self.receive_port(outer);
  EXPECT(self.receive_text(inner) == "deep");
  self.post(inner, "down here");
}

TEST_CASE("port: a port inside a port that moves arrives with its backlog") {
  over_each_medium([](Main& main) {
    auto& child = main.start("opens_a_port_in_a_port");
    auto outer = main.channel(), inner = main.channel();
    main.post(inner.first, "deep");
    main.post(outer.first, "inside", {inner.second});
    main.post(child.boot, "outside", {outer.second});
    EXPECT(main.receive_text(inner.first) == "down here");
  });
}

TEST_CASE("port: several in one message keep their order") {
  over_each_medium([](Main& main) {
    auto& child = main.start("returns_each_port");
    auto [a, b] = main.channel();
    auto [c, d] = main.channel();
    main.post(a, "to b");
    main.post(c, "to d");
    auto [carrier, receiver] = main.channel();
    main.post(carrier, "both", {b, d});
    main.post(child.boot, "there", {receiver});
    Mail both = main.receive(main.receive_port(child.boot));
    main.post(child.boot, "enough");
    EXPECT(both.ports.size() == 2);
    EXPECT(main.receive_text(both.ports[0]) == "to b");
    EXPECT(main.receive_text(both.ports[1]) == "to d");
  });
}

TEST_CASE("port: sent away and refused by a check stays with its sender") {
  over_each_medium([](Main& main) {
    auto& child = main.start("shouts");
    auto [mine, other] = main.channel();
    const auto refused = [&](std::initializer_list<EndId> ports, std::string_view why) {
      auto posted = main.node().post(mine, node::Bytes{}, std::span(ports.begin(), ports.size()));
      EXPECT(!posted);
      EXPECT(posted.error().kind == Kind::invalid);
      EXPECT(posted.error().message.find(why) != std::string::npos);
    };
    auto [third, fourth] = main.channel();
    refused({mine}, "Port at index 0 contains the source port.");
    refused({third, third}, "Port at index 1 is a duplicate.");
    refused({third, EndId{12345}}, "Port at index 1 is not a valid port");
    EXPECT(main.node().holds(third));
    main.post(fourth, "still here");
    EXPECT(main.receive_text(third) == "still here");
    EXPECT(main.node().holds(other));
    main.post(child.boot, "bye");
  });
}

MULLION_SCRIPT(receives_large_backlog) {
  const EndId port = self.receive_port(self.boot());
  for (int i = 0; i < 6; ++i) EXPECT(self.receive_text(port) == std::string(1'000'000, static_cast<char>('a' + i)));
  self.post(port, "all");
}

TEST_CASE("port: a backlog of megabytes moves with its port") {
  over_each_medium([](Main& main) {
    auto& child = main.start("receives_large_backlog");
    auto [mine, yours] = main.channel();
    for (int i = 0; i < 6; ++i) main.post(mine, std::string(1'000'000, static_cast<char>('a' + i)));
    main.post(child.boot, "a port", {yours});
    EXPECT(main.receive_text(mine) == "all");
  });
}

MULLION_SCRIPT(sends_large_backlog) {
  auto [mine, yours] = self.channel();
  for (int i = 0; i < 6; ++i) self.post(mine, std::string(1'000'000, static_cast<char>('a' + i)));
  self.post(self.boot(), "a port", {yours});
  EXPECT(self.receive_text(mine) == "all");
}

TEST_CASE("port: a backlog of megabytes moves from child to child") {
  over_each_medium([](Main& main) {
    auto& sender = main.start("sends_large_backlog");
    auto& receiver = main.start("receives_large_backlog");
    main.post(receiver.boot, "a port", {main.receive_port(sender.boot)});
    main.finish();
  });
}

MULLION_SCRIPT(counts_on_a_thousand_ports) {
  Mail mail = self.receive(self.boot());
  EXPECT(mail.ports.size() == 1000);
  for (std::size_t i = 0; i < 1000; ++i) self.post(mail.ports[i], std::to_string(i));
  for (std::size_t i = 0; i < 1000; ++i) EXPECT(self.receive_text(mail.ports[i]) == "back " + std::to_string(i));
}

TEST_CASE("port: a thousand at once move and work") {
  over_each_medium([](Main& main) {
    auto& child = main.start("counts_on_a_thousand_ports");
    std::vector<EndId> mine, yours;
    for (int i = 0; i < 1000; ++i) {
      auto [one, two] = main.channel();
      mine.push_back(one);
      yours.push_back(two);
    }
    EXPECT(main.node().post(child.boot, node::Bytes{}, yours));
    for (std::size_t i = 0; i < 1000; ++i) EXPECT(main.receive_text(mine[i]) == std::to_string(i));
    for (std::size_t i = 0; i < 1000; ++i) main.post(mine[i], "back " + std::to_string(i));
    main.finish();
    for (EndId end : mine) EXPECT(main.closed(end) == CloseReason::closed);
  });
}
