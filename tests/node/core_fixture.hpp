// A directory with a channel to play with, and what it said.
#pragma once

#include <doctest/doctest.h>

#include "node/core_record.hpp"

namespace mullion::node::core::testing {

// Nodes 1 (the broker's own) to 4; a channel that 2 made, and boot channels between 2 and 3, and 2 and 4.
struct Fixture {
  Fixture() : directory(sink) {
    for (NodeId node = 1; node <= 4; ++node) directory.add_node(node, quotas);
    REQUIRE(say(2, Create{a}));
    directory.create_between(2, 3);
    directory.create_between(2, 4);
  }
  bool say(NodeId from, Up message) {
    auto verdict = directory.handle(from, std::move(message));
    if (verdict) return true;
    CHECK(verdict.error().node == from);
    CHECK_FALSE(verdict.error().why.empty());
    return false;
  }
  // Whether saying it is a violation, which changes nothing.
  bool lie(NodeId from, Up message) {
    std::vector<std::uint64_t> before, after;
    directory.fingerprint(before);
    bool lied = !say(from, std::move(message));
    directory.fingerprint(after);
    CHECK((!lied || before == after));
    return lied;
  }
  // `end` of 2's channel goes over the boot channel to `to`, and is claimed.
  void move_to(NodeId to, EndId end, Token token) {
    REQUIRE(say(2, Release{end, 1, token, boot_end_of_child(to), {}, {}}));
    arrive(to, end, token);
  }
  void arrive(NodeId to, EndId end, Token token) {
    Carried carried{end, token};
    REQUIRE(directory.route(2, {.end = boot_end_of_parent(to), .epoch = 1, .ports = {&carried, 1}}).value() == to);
    REQUIRE(say(to, Claim{end, token, boot_end_of_child(to)}));
  }
  // b to node 3: an epoch over the broker's link begins.
  void part() {
    move_to(3, b, 7);
    REQUIRE(say(2, Drained{a, 1}));
    REQUIRE(say(2, Drained{b, 1}));
  }
  std::expected<NodeId, Violation> fin(NodeId from, EndId end, Epoch epoch) {
    return directory.route(from, {.kind = RecordKind::fin, .end = end, .epoch = epoch});
  }

  Quotas quotas{.ends = 8, .limbo = 3, .kept_bytes = 1000, .window_bytes = 1000, .window_messages = 10};
  DirectoryRecorder sink;
  Directory directory;
  EndId a = make_end(2, 1, 0), b = make_end(2, 1, 1);
};

}  // namespace mullion::node::core::testing
