#include <doctest/doctest.h>

#include "harness/scripts.hpp"

using namespace mullion;
using namespace mullion::harness;
using node::CloseReason;

MULLION_SCRIPT(shouts) { self.post(self.boot(), self.receive_text(self.boot()) + "!"); }

MULLION_SCRIPT(echoes_until_closed) {
  self.node().start(self.boot());
  std::optional<node::Received> mail;
  while (true) {
    EXPECT(self.wait_until([&] { return (mail = self.node().take(self.boot())) || self.node().closed(self.boot()); }));
    if (!mail) return;
    EXPECT(self.node().post(self.boot(), mail->body));
  }
}

MULLION_SCRIPT(says_that_it_is_there) { self.post(self.boot(), "here"); }

MULLION_SCRIPT(counts_a_thousand_back) {
  for (int i = 0; i < 1000; ++i) EXPECT(self.receive_text(self.boot()) == std::to_string(i));
  for (int i = 0; i < 1000; ++i) self.post(self.boot(), std::to_string(i));
}

TEST_CASE("node: a message on the boot channel comes back") {
  over_each_medium([](Main& main) {
    auto& child = main.start("shouts");
    main.post(child.boot, "hello");
    EXPECT(main.receive_text(child.boot) == "hello!");
    EXPECT(main.closed(child.boot) == CloseReason::closed);
  });
}

TEST_CASE("node: a child may speak first") {
  over_each_medium([](Main& main) {
    auto& child = main.start("says_that_it_is_there");
    EXPECT(main.receive_text(child.boot) == "here");
  });
}

TEST_CASE("node: many messages arrive whole, once and in order, both ways") {
  over_each_medium([](Main& main) {
    auto& child = main.start("counts_a_thousand_back");
    for (int i = 0; i < 1000; ++i) main.post(child.boot, std::to_string(i));
    for (int i = 0; i < 1000; ++i) EXPECT(main.receive_text(child.boot) == std::to_string(i));
  });
}

TEST_CASE("node: messages of every size arrive whole, up to 10 MB") {
  over_each_medium([](Main& main) {
    auto& child = main.start("echoes_until_closed");
    for (std::size_t size : {0ul, 1ul, 63ul, 64ul, 65ul, 16'384ul, 70'001ul, 1'048'576ul, 10'000'000ul}) {
      std::string text(size, 'x');
      for (std::size_t i = 0; i < size; i += 997) text[i] = static_cast<char>('a' + i % 23);
      main.post(child.boot, text);
      EXPECT(main.receive_text(child.boot) == text);
    }
    main.node().close(child.boot);
  });
}

TEST_CASE("node: a message over the limit is refused at its sender") {
  over_each_medium([](Main& main) {
    auto& child = main.start("shouts");
    const std::vector<std::byte> large((64u << 20) + 1);
    auto posted = main.node().post(child.boot, large);
    EXPECT(!posted);
    EXPECT(posted.error().kind == Kind::invalid);
    EXPECT(posted.error().code == "too-large");
    main.post(child.boot, "small");
    EXPECT(main.receive_text(child.boot) == "small!");
  });
}

TEST_CASE("node: a message is posted in parts and arrives as one") {
  over_each_medium([](Main& main) {
    auto& child = main.start("shouts");
    const std::string words[] = {"one", "", " and two"};
    std::vector<node::Bytes> parts;
    for (const auto& word : words) parts.push_back(std::as_bytes(std::span(word)));
    EXPECT(main.node().post(child.boot, parts));
    EXPECT(main.receive_text(child.boot) == "one and two!");
  });
}

TEST_CASE("node: what the broker says about a child is so") {
  over_each_medium([](Main& main) {
    auto& child = main.start("echoes_until_closed");
    EXPECT(main.broker().running(child.id));
    EXPECT((main.broker().pid(child.id) > 0) == main.processes());
    EXPECT((main.broker().memory_bytes(child.id) > 0) == main.processes());
    main.post(child.boot, "hello");
    EXPECT(main.receive_text(child.boot) == "hello");
    EXPECT(main.broker().medium(child.id) == main.medium());
    EXPECT(main.broker().link_stats(child.id).records_in > 0);
    main.node().close(child.boot);
    main.finish(child);
    EXPECT(!main.broker().running(child.id));
    EXPECT(main.broker().boot_end(child.id) == 0);
    EXPECT(main.broker().pid(child.id) == 0);
    EXPECT(main.broker().memory_bytes(child.id) == 0);
    EXPECT(main.broker().kill(child.id, 9).error().code == "destroyed");
  });
}
