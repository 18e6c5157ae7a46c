// The other end in another process, which is started anew and never a bare fork.
#include <sys/eventfd.h>

#include "fixture.hpp"
#include "mullion/transport/link.hpp"
#include "process.hpp"

using namespace mullion;
using namespace mullion::transport;

namespace {

struct Case {
  const char* role;
  LinkOptions options;
};

const Case cases[] = {{"loop", {.medium = Medium::shm}},
                      {"loop", {.medium = Medium::pipe}},
                      {"wait", {.medium = Medium::shm}},
                      {"wait", {.medium = Medium::pipe}},
                      {"trusted", {.medium = Medium::shm, .trusted = true}}};

}  // namespace

TEST_CASE("process: records and control go there and back") {
  for (const Case& each : cases) {
    CAPTURE(each.role);
    CAPTURE(to_string(each.options.medium));
    ProcessScene scene(each.role, each.options);
    for (unsigned i = 0; i < 500; ++i) CHECK(send(*scene.link, {.port = i}, pattern(i * 20, i)));
    UniqueFd event(eventfd(9, EFD_CLOEXEC | EFD_NONBLOCK));
    CHECK(scene.link->send_control(bytes_of("with"), std::span(&event, 1)));
    REQUIRE(scene.until([&] { return scene.handler.records.size() == 500 && scene.handler.controls.size() == 1; }));
    for (unsigned i = 0; i < 500; ++i) CHECK(scene.handler.records[i].payload == pattern(i * 20, i));
    REQUIRE(scene.handler.controls[0].fds.size() == 1);
    eventfd_t value = 0;
    CHECK(eventfd_read(scene.handler.controls[0].fds[0].get(), &value) == 0);
    CHECK(value == 9);
    scene.handler.controls.clear();
    CHECK(send(*scene.link, 1, "stop"));
    REQUIRE(scene.until([&] { return !scene.handler.closed.empty(); }));
    CHECK(scene.handler.closed_code() == "closed");
    CHECK(scene.process->join() == 0);
  }
}

TEST_CASE("process: what a peer had committed when it was killed is delivered, then its end") {
  for (const Case& each : cases) {
    CAPTURE(each.role);
    CAPTURE(to_string(each.options.medium));
    ProcessScene scene(each.role, each.options);
    for (int i = 0; i < 100; ++i) CHECK(send(*scene.link, 1, "unread"));
    scene.link->flush();
    CHECK(send(*scene.link, 1, "die"));
    for (int i = 0; i < 5; ++i) CHECK(send(*scene.link, 1, "unread"));
    REQUIRE(scene.until([&] { return !scene.handler.closed.empty(); }));
    CHECK(scene.handler.closed_code() == "closed");
    REQUIRE(scene.handler.records.size() == 200);
    for (unsigned i = 0; i < 100; ++i) CHECK(scene.handler.records[100 + i].header.port == i);
    REQUIRE(scene.handler.controls.size() == 100);
    for (unsigned i = 0; i < 100; ++i) CHECK(scene.handler.controls[i].message.size() == i);
    CHECK(WTERMSIG(scene.process->join()) == SIGKILL);
  }
}

TEST_CASE("process: a peer that scribbles in the live ring is found out or harmless, and nothing else") {
  for (int seed = 0; seed < 10; ++seed) {
    ProcessScene scene("scribble", {.medium = Medium::shm}, std::to_string(seed));
    scene.handler.record = [&](const RecordHeader& header, Bytes payload) {
      scene.handler.records.clear();
      (void)scene.link->send(header, std::span(&payload, 1));
      return true;
    };
    REQUIRE(scene.until([&] { return !scene.handler.closed.empty(); }));
    const std::string code = scene.handler.closed_code();
    CHECK((code == "protocol" || code == "closed"));
  }
}

TEST_CASE("process: a peer that was never there") {
  const Baseline baseline;
  auto loop = make_loop();
  auto sockets = Link::socket_pair();
  auto link = Link::offer(*loop, std::move(sockets->first), {});
  Recorder handler;
  (*link)->start(handler);
  CHECK(send(**link, 1, "x"));
  sockets->second.reset();
  REQUIRE(run_until(*loop, [&] { return !handler.closed.empty(); }));
  CHECK(handler.closed_code() == "closed");
}
