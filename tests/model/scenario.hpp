// Small worlds to be explored: which channels there are, and what programs, processes and links may still do.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "model/lies.hpp"
#include "model/world.hpp"

namespace mullion::node::core::model {

// How often; of an end, wherever it is.
struct May {
  std::uint8_t post = 0, move = 0, close = 0;
};

// What a hostile process does besides what it would honestly do. It can always swallow what it was to say.
enum class Lying : std::uint8_t { anywhere, on_links, nowhere };

struct Scenario {
  std::string name{};
  WorldOptions world{.window_bytes = 0, .window_messages = 0};
  std::vector<std::pair<NodeId, NodeId>> channels{};  // and who holds their ends when it begins
  std::vector<May> ends{};                            // two a channel, in that order
  std::vector<std::size_t> carriers{};                // channels whose ends carry the ends that may move
  std::uint8_t moves = 255, closes = 255;             // of all together
  std::uint8_t carries = 0;                           // any end over any other
  std::uint8_t attachments = 0;                       // to each message that is posted
  std::uint8_t crashes = 0;
  std::vector<NodeId> mortal{};  // none: every child
  std::uint8_t breaks = 0;       // of direct links
  std::uint8_t lies = 0;         // of the last node
  Lying lying = Lying::anywhere;
  bool wait_to_take =
      false;  // messages of every channel may wait at their receiver; otherwise only those of ends that post
};

// Main has no room for all that is sent to an end that it does not read, and hands that end on.
Scenario too_much_unread();

struct Event {
  enum class Kind : std::uint8_t { deliver, bury, take, post, move, close, crash, break_link, lie, forget };
  Kind kind = Kind::deliver;
  Way way = Way::control_up;
  NodeId at = 0;
  LinkId link = broker_link;
  EndId end = 0, over = 0;
  std::size_t choice = 0;
  std::shared_ptr<const Lie> lie{};
};

// A scenario under way.
class Position {
 public:
  explicit Position(const Scenario& scenario);

  std::vector<Event> events() const;           // everything that can happen next
  bool apply(const Event& event);              // false: it could not, after all
  std::string tell(const Event& event) const;  // before it is applied
  bool rests() const;                          // no packet can be delivered
  void finish();                               // it comes to rest, is checked, and closed
  Digest digest() const;

  const World& world() const { return world_; }

 private:
  struct Left {
    std::vector<May> ends{};
    std::uint8_t moves = 0, closes = 0, carries = 0, crashes = 0, breaks = 0, lies = 0;
  };

  void deliveries(std::vector<Event>& out) const;
  void programs(NodeId at, std::vector<Event>& out) const;
  void misfortunes(std::vector<Event>& out) const;
  void hostilities(std::vector<Event>& out) const;
  bool waits(EndId end) const;
  bool carries(EndId over) const;
  std::size_t index(EndId end) const;  // in the plan, or beyond it
  bool mortal(NodeId id) const;
  void take_what_does_not_wait();

  const Scenario* scenario_;
  World world_;
  std::vector<EndId> ends_{};
  Left left_{};
};

}  // namespace mullion::node::core::model
