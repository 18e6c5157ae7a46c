#include <fcntl.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "fixture.hpp"
#include "mullion/transport/link.hpp"

using namespace mullion;
using namespace mullion::transport;

namespace {

UniqueFd make_event(unsigned value) { return UniqueFd(eventfd(value, EFD_CLOEXEC | EFD_NONBLOCK)); }

std::uint64_t value_of(const UniqueFd& event) {
  eventfd_t value = 0;
  return eventfd_read(event.get(), &value) == 0 ? value : 0;
}

std::vector<UniqueFd> events(unsigned count) {
  std::vector<UniqueFd> all;
  for (unsigned i = 0; i < count; ++i) all.push_back(make_event(i + 1));
  return all;
}

}  // namespace

TEST_CASE_TEMPLATE("control: messages of every size arrive whole, in order", M, EVERY_MEDIUM) {
  Pair pair(Pair::options<M>());
  const std::size_t sizes[] = {0, 1, 32755, 32756, 32757, 100'000, max_control_bytes, 3};
  for (std::size_t size : sizes) CHECK(pair.a->send_control(pattern(size, 9)));
  REQUIRE(pair.until([&] { return pair.hb.controls.size() == std::size(sizes); }));
  for (std::size_t i = 0; i < std::size(sizes); ++i) CHECK(pair.hb.controls[i].message == pattern(sizes[i], 9));
}

TEST_CASE_TEMPLATE("control: a doorbell that finds the socket full is not missed", M, EVERY_MEDIUM) {
  Pair pair(Pair::options<M>());
  REQUIRE(pair.until([&] { return pair.b->medium() == M::medium; }));
  run_idle(*pair.loop);
  CHECK(pair.a->send_control(pattern(max_control_bytes, 1)));
  CHECK(send(*pair.a, 1, "behind it"));
  pair.a->flush();
  CHECK(pair.until([&] { return pair.hb.records.size() == 1; }));
  CHECK(pair.until([&] { return pair.hb.controls.size() == 1; }));
}

TEST_CASE_TEMPLATE("control: over 1 MiB is refused by the sender", M, EVERY_MEDIUM) {
  Pair pair(Pair::options<M>());
  const auto refused = pair.a->send_control(pattern(max_control_bytes + 1, 1));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == Kind::invalid);
  CHECK(refused.error().code == "too-large");
}

TEST_CASE_TEMPLATE("control: descriptors arrive with their message", M, EVERY_MEDIUM) {
  Pair pair(Pair::options<M>());
  for (unsigned count : {0U, 1U, 16U, 17U, 64U}) {
    pair.hb.controls.clear();
    auto fds = events(count);
    CHECK(pair.a->send_control(bytes_of("with"), fds));
    for (const UniqueFd& fd : fds) CHECK_FALSE(fd);
    REQUIRE(pair.until([&] { return pair.hb.controls.size() == 1; }));
    const Control& control = pair.hb.controls[0];
    CHECK(text_of(control.message) == "with");
    REQUIRE(control.fds.size() == count);
    for (unsigned i = 0; i < count; ++i) CHECK(value_of(control.fds[i]) == i + 1);
    for (const UniqueFd& fd : control.fds) CHECK((fcntl(fd.get(), F_GETFD) & FD_CLOEXEC) != 0);
  }
}

TEST_CASE_TEMPLATE("control: descriptors stay with the caller when the message cannot be sent", M, EVERY_MEDIUM) {
  Pair pair(Pair::options<M>());
  auto many = events(65);
  CHECK(pair.a->send_control(bytes_of("x"), many).error().code == "too-many-descriptors");
  CHECK(value_of(many[64]) == 65);
  auto one = events(1);
  CHECK_FALSE(pair.a->send_control(pattern(max_control_bytes + 1, 1), one));
  CHECK(one[0]);
  one.emplace_back();
  CHECK(pair.a->send_control(bytes_of("x"), one).error().code == "descriptor");
  CHECK(one[0]);
  one.pop_back();
  pair.a->close();
  CHECK(pair.a->send_control(bytes_of("x"), one).error().kind == Kind::disconnected);
  CHECK(value_of(one[0]) == 1);
}

TEST_CASE_TEMPLATE("control: descriptors that nobody takes are closed", M, EVERY_MEDIUM) {
  Pair pair(Pair::options<M>());
  auto fds = events(5);
  CHECK(pair.a->send_control(bytes_of("x"), fds));
  REQUIRE(pair.until([&] { return pair.hb.controls.size() == 1; }));
  pair.hb.controls.clear();
}

TEST_CASE_TEMPLATE("control: descriptors under way when the link ends are closed", M, EVERY_MEDIUM) {
  Pair pair(Pair::options<M>());
  run_idle(*pair.loop);
  auto fds = events(5);
  CHECK(pair.a->send_control(bytes_of("x"), fds));
  pair.b.reset();
}

TEST_CASE_TEMPLATE("control: its queue is bounded, and room is told", M, EVERY_MEDIUM) {
  Pair pair(Pair::options<M>());
  run_idle(*pair.loop);
  const auto message = pattern(200'000, 1);
  std::size_t sent = 0;
  auto fds = events(1);
  while (pair.a->send_control(message)) ++sent;
  const auto refused = pair.a->send_control(message, fds);
  CHECK(refused.error().kind == Kind::overloaded);
  CHECK(fds[0]);
  CHECK(sent >= 20);
  CHECK(sent <= 23);
  REQUIRE(pair.until([&] { return pair.ha.writable == 1; }));
  CHECK(pair.a->send_control(message, fds));
  REQUIRE(pair.until([&] { return pair.hb.controls.size() == sent + 1; }));
  for (const Control& control : pair.hb.controls) CHECK(control.message == message);
}

TEST_CASE_TEMPLATE("control: is read while data is paused", M, EVERY_MEDIUM) {
  Pair pair(Pair::options<M>());
  bool refused = false;
  pair.hb.record = [&](const RecordHeader&, Bytes) {
    refused = true;
    return false;
  };
  CHECK(send(*pair.a, 1, "held"));
  REQUIRE(pair.until([&] { return refused; }));
  for (int i = 0; i < 100; ++i) CHECK(pair.a->send_control(bytes_of(std::to_string(i))));
  REQUIRE(pair.until([&] { return pair.hb.controls.size() == 100; }));
  CHECK(pair.hb.records.empty());
}

TEST_CASE_TEMPLATE("control: passes while data keeps coming", M, EVERY_MEDIUM) {
  Pair pair(Pair::options<M>());
  pair.hb.turn_end = [&] { CHECK(send(*pair.a, 1, "more")); };
  CHECK(send(*pair.a, 1, "first"));
  REQUIRE(pair.until([&] { return pair.hb.records.size() > 100; }));
  CHECK(pair.a->send_control(bytes_of("stop")));
  pair.hb.control = [&](Bytes) { pair.hb.turn_end = nullptr; };
  REQUIRE(pair.until([&] { return pair.hb.controls.size() == 1; }));
}
