// SharedBuffers between processes.
#include <doctest/doctest.h>
#include <poll.h>
#include <sys/mman.h>

#include <cstring>
#include <fstream>

#include "harness/scripts.hpp"
#include "mullion/ipc/port.hpp"

using namespace mullion;
using namespace mullion::harness;

namespace {

constexpr std::size_t mib = 1024 * 1024;

StartedPort boot_of(Child& self) { return MessagePort(self.share_node(), self.boot()).start(); }
StartedPort boot_of(Main& main, const Started& child) { return MessagePort(main.share_node(), child.boot).start(); }

SharedBuffer filled(std::size_t bytes, char with, Sharing sharing = Sharing::sealed) {
  auto buffer = SharedBuffer::create(bytes, sharing);
  EXPECT(buffer);
  std::memset(buffer->writable().data(), with, bytes);
  return *std::move(buffer);
}

bool holds_only(const SharedBuffer& buffer, char what) {
  for (std::byte byte : buffer.bytes())
    if (byte != static_cast<std::byte>(what)) return false;
  return buffer.size() > 0;
}

std::size_t buffer_mappings() {
  std::ifstream maps("/proc/self/maps");
  std::size_t count = 0;
  for (std::string line; std::getline(maps, line);) count += line.find("memfd:mullion-buffer") != std::string::npos;
  return count;
}

Task<> receive_one(const StartedPort& port, std::optional<Result<Message>>& into) { into = co_await port.receive(); }

// The next message, which must have come whole.
Message next(Peer& self, StartedPort& port) {
  std::optional<Result<Message>> got;
  Tasks tasks;
  tasks.spawn(receive_one(port, got));
  EXPECT(self.wait_until([&] { return got.has_value(); }));
  if (!*got) fail(__FILE__, __LINE__, got->error().message);
  return std::move(**got);
}

}  // namespace

MULLION_SCRIPT(reads_a_buffer) {
  auto port = boot_of(self);
  auto message = next(self, port);
  EXPECT(message.buffers.size() == 2);
  EXPECT(message.buffers[message.data["first"].shared_buffer()].size() == mib + 1);
  EXPECT(holds_only(message.buffers[0], 'a'));
  EXPECT(holds_only(message.buffers[1], 'b'));
  EXPECT(message.buffers[0].frozen());
  EXPECT(message.buffers[0].writable().empty());
  EXPECT(port.post_message("read"));
}

TEST_CASE("shared buffer: sealed ones arrive, in order, with what their maker wrote, and nobody can write to them") {
  over_each_medium([](Main& main) {
    auto port = boot_of(main, main.start("reads_a_buffer"));
    auto first = filled(mib + 1, 'a'), second = filled(5, 'b');
    const Value data{{"first", Value::shared_buffer(0)}};
    EXPECT(port.post_message(data, std::move(first), std::move(second)));
    EXPECT(!first && !second);
    EXPECT(next(main, port).data == "read");
  });
}

MULLION_SCRIPT(returns_buffers) {
  auto port = boot_of(self);
  bool closed = false;
  port.on_message([&](Message message) {
    auto& buffer = message.buffers.at(0);
    if (buffer.sharing() == Sharing::shared) EXPECT(buffer_mappings() == 1);
    if (buffer.sharing() == Sharing::shared) buffer.writable()[1] = static_cast<std::byte>('y');
    EXPECT(port.post_message(message.data, std::move(buffer)));
  });
  port.on_close([&](const Error&) { closed = true; });
  EXPECT(self.wait_until([&] { return closed; }));
}

TEST_CASE(
    "shared buffer: one that is sent to and fro is opened and mapped once at each end, and it is the same memory") {
  over_each_process_medium([](Main& main) {
    auto port = boot_of(main, main.start("returns_buffers"));
    auto buffer = filled(mib, 'x', Sharing::shared);
    const std::byte* at = buffer.bytes().data();
    for (int count = 1; count <= 50; ++count) {
      buffer.writable()[0] = static_cast<std::byte>(count);
      EXPECT(port.post_message({{"count", count}}, std::move(buffer)));
      auto message = next(main, port);
      buffer = std::move(message.buffers.at(0));
      EXPECT(buffer.bytes().data() == at);
      EXPECT(buffer.bytes()[0] == static_cast<std::byte>(count));
      EXPECT(buffer.bytes()[1] == static_cast<std::byte>('y'));
      EXPECT(buffer_mappings() == 1);
    }
  });
}

TEST_CASE("shared buffer: a sealed one that comes back is recognised too, and stays frozen") {
  over_each_medium([](Main& main) {
    auto port = boot_of(main, main.start("returns_buffers"));
    auto buffer = filled(mib, 's');
    for (int count = 1; count <= 5; ++count) {
      EXPECT(port.post_message({{"count", count}}, std::move(buffer)));
      buffer = std::move(next(main, port).buffers.at(0));
      EXPECT(holds_only(buffer, 's'));
      EXPECT(buffer.frozen());
      EXPECT(buffer.writable().empty());
    }
  });
}

MULLION_SCRIPT(drops_buffers) {
  auto port = boot_of(self);
  bool closed = false;
  port.on_message([&](Message message) { EXPECT(port.post_message(static_cast<int>(message.buffers.size()))); });
  port.on_close([&](const Error&) { closed = true; });
  EXPECT(self.wait_until([&] { return closed; }));
  // In process main's are counted too, and main lets go of them in its own time.
  for (int looks = 0; looks < 20'000 && buffer_mappings() > 0; ++looks) poll(nullptr, 0, 1);
  EXPECT(buffer_mappings() == 0);
}

TEST_CASE("shared buffer: what nobody uses any more is forgotten on both sides, however many there were") {
  over_each_process_medium([](Main& main) {
    auto port = boot_of(main, main.start("drops_buffers"));
    for (int i = 0; i < 300; ++i) {
      EXPECT(port.post_message(i, filled(10, 'd', i % 2 ? Sharing::shared : Sharing::sealed)));
      EXPECT(next(main, port).data == 1);
    }
    EXPECT(main.wait_until([&] { return buffer_mappings() == 0; }));
  });
}

TEST_CASE("shared buffer: many at once wait their turn and all arrive") {
  over_each_medium([](Main& main) {
    auto port = boot_of(main, main.start("drops_buffers"));
    int answers = 0;
    port.on_message([&](Message message) { answers += message.data == 16; });
    for (int i = 0; i < 40; ++i) {
      std::vector<SharedBuffer> all;
      std::vector<SharedBuffer*> each;
      for (int k = 0; k < 16; ++k) all.push_back(filled(100, 'm'));
      for (SharedBuffer& one : all) each.push_back(&one);
      EXPECT(port.post_message_with(i, {}, each));
    }
    EXPECT(main.wait_until([&] { return answers == 40; }));
  });
}

MULLION_SCRIPT(holds_both) {
  auto port = boot_of(self);
  auto buffer = std::move(next(self, port).buffers.at(0));
  buffer.writable()[0] = static_cast<std::byte>('1');
  EXPECT(port.post_message("written"));
  EXPECT(next(self, port).data == "look");
  EXPECT(buffer.bytes()[1] == static_cast<std::byte>('2'));
  EXPECT(port.post_message("seen"));
}

TEST_CASE("shared buffer: a shared one with a copy is written at both ends at once") {
  over_each_medium([](Main& main) {
    auto port = boot_of(main, main.start("holds_both"));
    auto buffer = filled(4096, '0', Sharing::shared);
    auto copy = buffer.copy();
    EXPECT(copy);
    EXPECT(port.post_message("take", *std::move(copy)));
    EXPECT(next(main, port).data == "written");
    EXPECT(buffer.bytes()[0] == static_cast<std::byte>('1'));
    buffer.writable()[1] = static_cast<std::byte>('2');
    EXPECT(port.post_message("look"));
    EXPECT(next(main, port).data == "seen");
  });
}

MULLION_SCRIPT(passes_a_port_on) {
  auto port = boot_of(self);
  auto message = next(self, port);
  EXPECT(port.post_message("back", std::move(message.ports.at(0))));
  EXPECT(next(self, port).data == "end");
}

TEST_CASE("shared buffer: those that wait at a port move with it, unread and unsent") {
  over_each_medium([](Main& main) {
    auto boot = boot_of(main, main.start("passes_a_port_on"));
    auto ends = MessageChannel::create(main.share_node());
    EXPECT(ends);
    for (int i = 0; i < 70; ++i) EXPECT(ends->port1.post_message(i, filled(100, 'w'), filled(200, 'v')));
    EXPECT(boot.post_message("pass", std::move(ends->port2)));
    auto back = next(main, boot);
    auto moved = std::move(back.ports.at(0)).start();
    for (int i = 0; i < 70; ++i) {
      auto message = next(main, moved);
      EXPECT(message.data == i);
      EXPECT(message.buffers.size() == 2);
      EXPECT(holds_only(message.buffers[0], 'w') && message.buffers[1].size() == 200);
    }
    EXPECT(boot.post_message("end"));
  });
}

MULLION_SCRIPT(talks_to_its_sibling) {
  auto boot = boot_of(self);
  auto port = std::move(next(self, boot).ports.at(0)).start();
  EXPECT(port.post_message("here", filled(mib, 'c')));
  auto message = next(self, port);
  EXPECT(holds_only(message.buffers.at(0), 'c'));
  EXPECT(boot.post_message("done"));
  bool closed = false;
  boot.on_close([&](const Error&) { closed = true; });
  EXPECT(self.wait_until([&] { return closed; }));
}

TEST_CASE("shared buffer: between two children it arrives, whoever carries it") {
  over_each_medium([](Main& main) {
    auto first = boot_of(main, main.start("talks_to_its_sibling"));
    auto second = boot_of(main, main.start("talks_to_its_sibling"));
    auto ends = MessageChannel::create(main.share_node());
    EXPECT(ends);
    EXPECT(first.post_message("a", std::move(ends->port1)));
    EXPECT(second.post_message("b", std::move(ends->port2)));
    EXPECT(next(main, first).data == "done");
    EXPECT(next(main, second).data == "done");
  });
}

TEST_CASE("shared buffer: a port that takes no more answers overloaded, and the buffer stays and can be read") {
  over_each_medium([](Main& main) {
    auto port = boot_of(main, main.start("drops_buffers"));
    Result<> posted;
    auto buffer = filled(10, 'o');
    int sent = 0;
    while ((posted = port.try_post(1, std::move(buffer)))) {
      EXPECT(++sent < 1000);
      buffer = filled(10, 'o');
    }
    EXPECT(posted.error().kind == Kind::overloaded);
    EXPECT(static_cast<bool>(buffer));
    EXPECT(holds_only(buffer, 'o'));
    EXPECT(!buffer.frozen());
  });
}

MULLION_SCRIPT(floods_with_buffers) {
  auto port = boot_of(self);
  std::string why;
  port.on_close([&](const Error& error) { why = error.code; });
  int sent = 0;
  EXPECT(self.wait_until([&] {
    if (why.empty() && ++sent < 2000) (void)port.post_message(sent, filled(100, 'f'));
    return !why.empty();
  }));
  EXPECT(why == "refused");
}

TEST_CASE("shared buffer: more than a child may have in main closes that port with refused, and nothing else") {
  auto main = Main::create(transport::Medium::shm, {.quotas = {.attachments = 20}, .undumpable = false});
  auto& honest = main->start("drops_buffers");
  auto& child = main->start("floods_with_buffers");
  MessagePort kept(main->share_node(), child.boot);
  EXPECT(main->wait_until([&] { return child.exited.has_value(); }));
  std::string why;
  int got = 0;
  auto port = std::move(kept).start();
  port.on_message([&](Message message) { got += static_cast<int>(message.buffers.size()); });
  port.on_close([&](const Error& error) { why = error.code; });
  EXPECT(main->wait_until([&] { return !why.empty(); }));
  CHECK(why == "refused");
  CHECK(got <= 20);
  auto other = boot_of(*main, honest);
  EXPECT(other.post_message("x", filled(1, 'x')));
  CHECK(next(*main, other).data == 1);
  other.close();
  main->finish();
}
