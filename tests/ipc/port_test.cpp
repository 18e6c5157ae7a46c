#include "mullion/ipc/port.hpp"

#include <doctest/doctest.h>

#include "harness/scripts.hpp"

using namespace mullion;
using namespace mullion::harness;
using transport::Medium;

namespace {

struct Fixture {
  std::unique_ptr<Main> main = Main::create(Medium::shm);
  Tasks tasks;

  std::pair<MessagePort, StartedPort> channel() {
    auto ends = MessageChannel::create(main->share_node());
    REQUIRE(ends);
    return {std::move(ends->port1), std::move(ends->port2).start()};
  }
  template <class Condition>
  bool until(Condition condition) {
    return main->wait_until(condition);
  }
  void settle() { run_turns(main->loop()); }
};

// Receives until the port ends: each message's text, then the end's code.
Task<> read_all(const StartedPort& port, std::vector<std::string>& into) {
  while (true) {
    auto message = co_await port.receive();
    into.push_back(message ? message->data.to<std::string>().value_or("no text") : message.error().code);
    if (!message && message.error().kind == Kind::disconnected) co_return;
  }
}

using Strings = std::vector<std::string>;

}  // namespace

TEST_CASE("port: callbacks get what was posted, in order, then the close") {
  Fixture f;
  auto [sender, receiver] = f.channel();
  Strings got;
  receiver.on_message([&](Message message) { got.push_back(*message.data.to<std::string>()); });
  receiver.on_close([&](const Error& why) { got.push_back(why.code); });
  CHECK(sender.post_message("one"));
  CHECK(sender.post_message("two"));
  CHECK(got.empty());
  sender.close();
  CHECK(f.until([&] { return got.size() == 3; }));
  CHECK(got == Strings{"one", "two", "closed"});
  f.settle();
  CHECK(got.size() == 3);
}

TEST_CASE("port: a coroutine receives what was posted, in order, then why it ended") {
  Fixture f;
  auto [sender, receiver] = f.channel();
  Strings got;
  f.tasks.spawn(read_all(receiver, got));
  CHECK(sender.post_message("one"));
  CHECK(f.until([&] { return got.size() == 1; }));
  CHECK(sender.post_message("two"));
  CHECK(sender.post_message("three"));
  sender = MessagePort();
  CHECK(f.until([&] { return got.size() == 4; }));
  CHECK(got == Strings{"one", "two", "three", "closed"});
  CHECK(f.tasks.running() == 0);
}

TEST_CASE("port: a callback that is set late hears what had come before") {
  Fixture f;
  auto [sender, receiver] = f.channel();
  Strings got;
  CHECK(sender.post_message("early"));
  f.settle();
  receiver.on_message([&](Message message) { got.push_back(*message.data.to<std::string>()); });
  CHECK(f.until([&] { return got == Strings{"early"}; }));
  sender.close();
  f.settle();
  receiver.on_close([&](const Error& why) { got.push_back(why.code); });
  CHECK(f.until([&] { return got.size() == 2; }));
  receiver.on_message([](Message) {});
  f.settle();
  CHECK(got == Strings{"early", "closed"});
}

TEST_CASE("port: a port in a message arrives as a port that may be started") {
  Fixture f;
  auto [sender, receiver] = f.channel();
  auto inner = *MessageChannel::create(f.main->share_node());
  CHECK(inner.port1.post_message("inside"));
  CHECK(sender.post_message("a port", std::move(inner.port2)));
  CHECK_FALSE(inner.port2);
  StartedPort arrived;
  Strings got;
  receiver.on_message([&](Message message) {
    arrived = std::move(message.ports.at(0)).start();
    arrived.on_message([&](Message deep) { got.push_back(*deep.data.to<std::string>()); });
  });
  CHECK(f.until([&] { return got == Strings{"inside"}; }));
}

TEST_CASE("port: a post that fails names the port and leaves all of them to the caller") {
  Fixture f;
  auto ends = *MessageChannel::create(f.main->share_node());
  auto first = *MessageChannel::create(f.main->share_node());
  MessagePort* twice[] = {&first.port1, &first.port1};
  auto duplicate = ends.port1.post_message_with({}, twice);
  REQUIRE_FALSE(duplicate);
  CHECK(duplicate.error().kind == Kind::invalid);
  CHECK(duplicate.error().message == "Port at index 1 is a duplicate.");
  MessagePort* itself[] = {&first.port1, &ends.port1};
  CHECK(ends.port1.post_message_with({}, itself).error().message == "Port at index 1 contains the source port.");
  MessagePort empty;
  CHECK(ends.port1.post_message({}, std::move(empty)).error().message.starts_with("Port at index 0 is not a valid port"));
  CHECK(first.port1);
  CHECK(ends.port1);
  Strings got;
  auto listener = std::move(first.port2).start();
  listener.on_message([&](Message message) { got.push_back(*message.data.to<std::string>()); });
  CHECK(first.port1.post_message("still mine"));
  CHECK(f.until([&] { return got == Strings{"still mine"}; }));
}

TEST_CASE("port: posting to a channel that is closed is success, and the ports in it are closed") {
  Fixture f;
  auto ends = *MessageChannel::create(f.main->share_node());
  auto cargo = *MessageChannel::create(f.main->share_node());
  auto other = *MessageChannel::create(f.main->share_node());
  ends.port2.close();
  CHECK(ends.port1.post_message("to nobody", std::move(cargo.port1)));
  ends.port1.close();
  CHECK_FALSE(ends.port1);
  CHECK(ends.port1.post_message("on nothing", std::move(other.port1)));
  Strings got;
  auto one = std::move(cargo.port2).start(), two = std::move(other.port2).start();
  f.tasks.spawn(read_all(one, got));
  f.tasks.spawn(read_all(two, got));
  CHECK(f.until([&] { return got.size() == 2; }));
  CHECK(got == Strings{"closed", "closed"});
}

TEST_CASE("port: dropping one closes the channel; moving it does not") {
  Fixture f;
  auto [sender, receiver] = f.channel();
  Strings got;
  StartedPort moved = std::move(receiver);
  moved.on_close([&](const Error& why) { got.push_back(why.code); });
  {
    MessagePort taken = std::move(sender);
    f.settle();
    CHECK(got.empty());
  }
  CHECK(f.until([&] { return got == Strings{"closed"}; }));
}

TEST_CASE("port: its own close ends a receive that waits, and is not told") {
  Fixture f;
  auto [sender, receiver] = f.channel();
  Strings got;
  bool told = false;
  receiver.on_close([&](const Error&) { told = true; });
  f.tasks.spawn(read_all(receiver, got));
  receiver.close();
  CHECK(got == Strings{"closed"});
  f.settle();
  CHECK_FALSE(told);
  f.tasks.spawn(read_all(receiver, got));
  CHECK(got.size() == 2);
}

TEST_CASE("port: dropped while a receive waits, the receive ends") {
  Fixture f;
  auto ends = *MessageChannel::create(f.main->share_node());
  auto port = std::make_unique<StartedPort>(std::move(ends.port2).start());
  Strings got;
  f.tasks.spawn(read_all(*port, got));
  auto dropped = std::move(*port);
  { auto gone = std::move(dropped); }
  CHECK(got.front() == "closed");
}

TEST_CASE("port: a second receive takes the place of the first") {
  Fixture f;
  auto [sender, receiver] = f.channel();
  Strings got;
  auto once = [&]() -> Task<> {
    auto message = co_await receiver.receive();
    got.push_back(message ? *message->data.to<std::string>() : message.error().code);
  };
  f.tasks.spawn(once());
  f.tasks.spawn(once());
  CHECK(got == Strings{"receive"});
  CHECK(sender.post_message("one"));
  CHECK(f.until([&] { return got.size() == 2; }));
  CHECK(got.back() == "one");
}

TEST_CASE("port: a callback may drop its own port") {
  Fixture f;
  auto ends = *MessageChannel::create(f.main->share_node());
  auto port = std::make_unique<StartedPort>(std::move(ends.port2).start());
  int calls = 0;
  port->on_message([&](Message) {
    ++calls;
    port.reset();
  });
  CHECK(ends.port1.post_message(1));
  CHECK(ends.port1.post_message(2));
  CHECK(f.until([&] { return !port; }));
  f.settle();
  CHECK(calls == 1);
}

TEST_CASE("port: detached and started again, it misses nothing") {
  Fixture f;
  auto [sender, receiver] = f.channel();
  Strings got;
  receiver.on_message([&](Message message) { got.push_back(*message.data.to<std::string>()); });
  CHECK(sender.post_message("one"));
  CHECK(f.until([&] { return got.size() == 1; }));
  MessagePort resting = std::move(receiver).detach();
  CHECK(sender.post_message("two"));
  f.settle();
  CHECK(got.size() == 1);
  auto again = std::move(resting).start();
  f.tasks.spawn(read_all(again, got));
  CHECK(f.until([&] { return got.size() == 2; }));
  sender.close();
  CHECK(f.until([&] { return got.size() == 3; }));
  CHECK(got == Strings{"one", "two", "closed"});
}

TEST_CASE("port: a message that cannot be read is an error, and those after it come") {
  Fixture f;
  auto [sender, receiver] = f.channel();
  const std::byte nonsense[] = {std::byte{1}, std::byte{0xee}};
  CHECK(f.main->node().post(sender.end(), nonsense));
  CHECK(sender.post_message("fine"));
  Strings got;
  f.tasks.spawn([](const StartedPort& port, Strings& into) -> Task<> {
    auto bad = co_await port.receive();
    into.push_back(std::string(to_string(bad.error().kind)));
    auto good = co_await port.receive();
    into.push_back(*good->data.to<std::string>());
  }(receiver, got));
  CHECK(f.until([&] { return got.size() == 2; }));
  CHECK(got == Strings{"invalid", "fine"});
  receiver.on_message_error([&](const Error& why) { got.push_back(why.message.empty() ? "" : "told"); });
  receiver.on_message([](Message) {});
  CHECK(f.main->node().post(sender.end(), nonsense));
  CHECK(f.until([&] { return got.size() == 3; }));
  CHECK(got.back() == "told");
}

TEST_CASE("port: try_post is refused beyond the window, keeps the caller's ports, and drained() tells of room") {
  Fixture f;
  auto ends = *MessageChannel::create(f.main->share_node());
  auto cargo = *MessageChannel::create(f.main->share_node());
  auto writer = std::move(ends.port1).start();
  const Value block(std::vector<std::byte>(64 * 1024));
  int posted = 0;
  while (writer.try_post(block)) ++posted;
  CHECK(posted >= 32);
  CHECK(posted <= 130);
  auto refused = writer.try_post("with a port", std::move(cargo.port1));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == Kind::overloaded);
  CHECK(cargo.port1);
  bool room = false;
  f.tasks.spawn([](const StartedPort& port, bool& into) -> Task<> {
    auto drained = co_await port.drained();
    into = drained.has_value();
  }(writer, room));
  f.settle();
  CHECK_FALSE(room);
  auto reader = std::move(ends.port2).start();
  reader.on_message([](Message) {});
  CHECK(f.until([&] { return room; }));
  CHECK(writer.try_post("with a port", std::move(cargo.port1)));
  CHECK_FALSE(cargo.port1);
}

TEST_CASE("port: drained() ends when the channel does") {
  Fixture f;
  auto ends = *MessageChannel::create(f.main->share_node());
  auto writer = std::move(ends.port1).start();
  const Value block(std::vector<std::byte>(1024 * 1024));
  while (writer.try_post(block)) continue;
  std::string why;
  f.tasks.spawn([](const StartedPort& port, std::string& into) -> Task<> {
    auto drained = co_await port.drained();
    into = drained ? "room" : drained.error().code;
  }(writer, why));
  CHECK(why.empty());
  ends.port2.close();
  CHECK(f.until([&] { return !why.empty(); }));
}

TEST_CASE("port: of a node that has ended answers, and nothing dangles") {
  Fixture f;
  auto [sender, receiver] = f.channel();
  f.main->destroy_broker();
  CHECK(sender.post_message("to nobody").error().kind == Kind::disconnected);
  Strings got;
  f.tasks.spawn(read_all(receiver, got));
  CHECK(got == Strings{"peer-exited"});
}

TEST_CASE("port: an empty one does nothing") {
  StartedPort empty;
  CHECK(empty.post_message("nothing"));
  CHECK(empty.try_post_bytes({}));
  empty.on_message([](Message) {});
  empty.on_close([](const Error&) {});
  empty.close();
  Tasks tasks;
  Strings got;
  tasks.spawn(read_all(empty, got));
  CHECK(got == Strings{"closed"});
}
