// Schedules that some choice makes: what some process, stream or program does next, for as long as one likes. The same
// code runs random walks and, with a script of bytes, as a fuzz target.
#pragma once

#include <functional>
#include <span>
#include <string>

#include "model/world.hpp"

namespace mullion::node::core::model {

struct Odds {
  std::size_t most_ends = 40;  // held in the world at once
  bool close = true;
  bool carry = true;
  bool rings = true;     // otherwise an end travels only over channels that are older than its own
  std::size_t kill = 0;  // one step in so many; 0: never
  std::size_t break_link = 0;
  std::function<void(NodeId)> liar{};  // what the hostile process does besides
};

class Schedule {
 public:
  Schedule(World& world, Choice& choice, Odds odds);
  void step();

 private:
  bool misfortune(NodeId at);
  void deliver(NodeId at);
  void act(NodeId at);
  void post(NodeId at);
  void end_something(NodeId at, EndId end);
  EndId some_end(NodeId at);

  World& world_;
  Choice& choice_;
  Odds odds_;
};

// A world in which each process is the broker's child; each pair of neighbours has a channel more.
void connect_all(World& world);

// Bytes choose the world's options, then a schedule, until they are used up; then it comes to rest. What should not be,
// or nothing.
std::string run_schedule(std::span<const std::byte> bytes);

}  // namespace mullion::node::core::model
