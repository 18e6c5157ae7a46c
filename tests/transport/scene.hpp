// A link whose peer lies, beside one whose peer does not.
#pragma once

#include <sys/eventfd.h>

#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "fixture.hpp"
#include "raw_peer.hpp"

namespace mullion::transport {

// Both on the same loop.
struct Scene {
  Baseline baseline;
  Pair honest{{.medium = Medium::shm}};
  Loop& loop = *honest.loop;
  Recorder victim;
  std::unique_ptr<Link> link;
  std::unique_ptr<RawPeer> peer;

  explicit Scene(LinkOptions options = {.medium = Medium::shm}, bool agreed = true) {
    auto sockets = Link::socket_pair();
    REQUIRE(sockets);
    auto made = Link::offer(loop, std::move(sockets->first), options);
    REQUIRE(made);
    link = std::move(*made);
    peer = std::make_unique<RawPeer>(std::move(sockets->second));
    link->start(victim);
    if (!agreed) return;
    peer->accept();
    REQUIRE(run_until(loop, [&] { return link->medium() == Medium::shm; }));
    run_idle(loop);
  }

  // The peer is found out: this link ends with the reason, and the other goes on.
  void is_found_out(std::string_view reason) {
    REQUIRE(run_until(loop, [&] { return !victim.closed.empty(); }));
    CHECK(victim.closed_code() == "protocol");
    CHECK(victim.closed[0].message.find(reason) != std::string::npos);
    INFO(victim.closed[0].message);
    CHECK(victim.closed.size() == 1);
    CHECK_FALSE(link->open());
    goes_on();
  }

  void goes_on() {
    const auto before = honest.hb.records.size();
    CHECK(send(*honest.a, 1, "still here"));
    CHECK(run_until(loop, [&] { return honest.hb.records.size() == before + 1; }));
    CHECK(honest.ha.closed.empty());
    CHECK(honest.hb.closed.empty());
  }
};

inline UniqueFd event() { return UniqueFd(eventfd(0, EFD_CLOEXEC)); }

inline std::vector<UniqueFd> one(UniqueFd fd) {
  std::vector<UniqueFd> fds;
  fds.push_back(std::move(fd));
  return fds;
}

}  // namespace mullion::transport
