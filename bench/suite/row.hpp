// What is measured: the rows, in groups whose rounds take turns. catalogue.cpp lists them.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "harness/process.hpp"
#include "harness/session.hpp"

namespace mullion::bench {

enum class Who : std::uint8_t { floor, ours, peer };
// Both ends on one cpu, or on two; or wherever the system puts the many threads of a browser.
enum class Placement : std::uint8_t { same, split, any };

constexpr std::string_view to_string(Who who) {
  return who == Who::floor ? "floor" : who == Who::ours ? "ours" : "peer";
}
constexpr std::string_view to_string(Placement placement) {
  return placement == Placement::same ? "same" : placement == Placement::split ? "split" : "any";
}

// The process at the other end: what it was started with.
struct Peer {
  const Row& row;
  int argc;
  char** argv;
  UniqueFd fd(int place) const { return UniqueFd(first_inherited + place); }
};

// One line of the report. `drive` runs in the process that holds the clock and starts the other one, which runs
// `answer`. Rows whose other end is a role of a Mullion program have no `answer`.
struct Row {
  std::string_view name;
  Who who;
  std::string_view work;
  std::size_t bytes;
  Placement placement;
  Result<> (*drive)(Session& session);
  Result<> (*answer)(const Peer& peer) = nullptr;
  bool opens_windows() const { return placement == Placement::any; }
};

// Rows of one group take turns, round by round, so that whatever disturbs the machine disturbs all of them.
using Group = std::vector<Row>;

const std::vector<Group>& groups();
const Row* find_row(std::string_view name);

}  // namespace mullion::bench
