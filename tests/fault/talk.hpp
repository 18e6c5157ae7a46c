// What the processes of the scripted exchange say to each other: numbered messages whose filling shows damage.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <utility>
#include <vector>

#include "mullion/node/node.hpp"

namespace mullion::fault {

using node::EndId;
using Bytes = std::span<const std::byte>;

enum class Verb : std::uint32_t {
  echo = 1,  // say the same back
  echoed,
  serve,      // here are ends
  give_back,  // send the end that you were given last
  given,
  done,
  report,    // say how you are
  reported,  // the filling is a Report
  bye,
  serve_stranger,  // here are ends whose peer may say anything
  call,            // have something echoed on the end that you were given last
  flood,           // say as much as you may on the end that you were given last
};

// How a process is, as it says itself.
struct Report {
  std::uint32_t ends = 0;        // that it serves
  std::uint32_t damaged = 0;     // messages that were not what comes next
  std::uint32_t told_twice = 0;  // ends that closed more than once
  std::uint32_t descriptors = 0;
  std::uint32_t mappings = 0;
  std::uint32_t threads = 0;
  std::uint64_t heap = 0;
};

struct Note {
  Verb verb{};
  std::size_t filling = 0;
  std::optional<Report> report{};
  std::vector<EndId> ports{};
};

// One process's part: numbers what it says on each end, and checks that what it hears comes whole and in order, whoever
// of the other processes had the other end when it was said.
class Talk {
 public:
  explicit Talk(node::Node& node) : node_(node) {}

  // False: the node refused, and the ports stay here.
  bool say(EndId end, Verb verb, std::size_t filling = 0, std::initializer_list<EndId> ports = {},
           node::Room room = node::Room::outbox);
  bool say_report(EndId end, const Report& report);
  std::optional<Note> hear(EndId end);  // what node.take(end) has
  std::uint32_t damaged() const { return damaged_; }
  void distrust(EndId end) { strangers_.insert(end); }  // what comes there counts for nothing
  void forget(EndId end);                               // it will not be used again
  node::Node& node() { return node_; }

 private:
  struct Head {
    Verb verb{};
    std::uint32_t writer = 0;
    std::uint32_t number = 0;
    std::uint32_t filling = 0;
  };
  bool post(EndId end, Verb verb, Bytes filling, std::span<const EndId> ports, node::Room room);
  bool whole(const Head& head, Bytes body) const;
  bool next(EndId end, const Head& head);

  node::Node& node_;
  std::map<EndId, std::uint32_t> said_;
  std::map<std::pair<EndId, std::uint32_t>, std::uint32_t> heard_;
  std::set<EndId> moved_;  // came from elsewhere
  std::set<EndId> strangers_;
  std::uint32_t damaged_ = 0;
};

}  // namespace mullion::fault
