// Where every end of every channel is: the broker's half of the protocol.
// Pure, as ports.hpp is. Believes nobody: whatever a process says is checked against what it holds.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "node/core/types.hpp"

namespace mullion::node::core {

// Something that an honest process never says. Nothing was changed. Cut the process off, then tell node_died().
struct Violation {
  NodeId node = 0;
  std::string why{};
};
using Verdict = std::expected<void, Violation>;

// Copies are snapshots; give each its own sink with rebind(). The broker's own Ports is a node like any other.
class Directory {
 public:
  class Sink {
   public:
    // On the control stream of `to`. Must not call back into the directory.
    virtual void down(NodeId to, Down&& message) = 0;
    // A record RecordKind::lost on the data stream of `to`, after everything that was routed there.
    virtual void lost(NodeId to, EndId end, Epoch epoch) = 0;

   protected:
    ~Sink() = default;
  };

  explicit Directory(Sink& sink) : sink_(&sink) {}
  void rebind(Sink& sink) { sink_ = &sink; }

  void add_node(NodeId node, Quotas quotas = {});
  // The boot channel of `child`, once: the ends of `parent` and of `child`. Each calls Ports::adopt with its own.
  std::pair<EndId, EndId> create_between(NodeId parent, NodeId child);

  // A message from a control stream. `from` is who is behind the stream, never a field of the message.
  Verdict handle(NodeId from, Up&& message);
  // A record from `from`'s link to the broker: which node's link it goes to, unchanged. 0: drop it, its receiver is gone.
  std::expected<NodeId, Violation> route(NodeId from, const RecordView& record);
  // Call after everything that the node's streams held was handled and routed. Its name is not used again.
  void node_died(NodeId node, CloseReason reason = CloseReason::peer_exited);

  std::optional<NodeId> owner(EndId end) const;  // nothing while it travels and when it is gone
  std::size_t channels() const { return channels_.size(); }
  std::size_t limbo() const;                     // ends that travel
  std::uint32_t ends_of(NodeId node) const;
  std::uint64_t mail_of(NodeId node) const;      // bytes charged to it
  std::uint64_t mail() const;                    // messages that wait here, in all
  void fingerprint(std::vector<std::uint64_t>& out) const;  // equal for equal states

 private:
  enum class Place : std::uint8_t { owned, limbo, dead };
  // Where the message is that carries an end in limbo. Each message is seen at most once on each side, so that nobody
  // can be made to claim an end twice.
  enum class Where : std::uint8_t { sender, mail_out, sailed, mail_in };
  struct Letter {
    Parcel parcel{};
    NodeId payer = 0;
  };
  using Letters = std::vector<Letter>;
  struct Side {
    Place place = Place::owned;
    NodeId owner = 0;           // owned: who holds it; limbo: who sent it away
    Token token = 0;            // limbo
    EndId carrier = 0;          // limbo
    Where where = Where::sender;  // limbo
    Epoch epoch = 0;            // the latest that was opened
    Epoch drained = 0;          // the latest that is completely drained
    NodeId anchor = 0;          // who drains it
    bool fin_routed = false;    // in this epoch
    bool finalised = false;     // CloseFinal was sent to the present owner
    std::int64_t may_bytes = 0, may_messages = 0;  // what its anchor may still send
    Letters in{}, out{};        // messages to it, messages from it
    std::vector<EndId> cargo{};  // ends in limbo whose carrier this is
  };
  struct Channel {
    std::array<Side, 2> sides{};
    LinkId link = self_link;
    bool closing = false;  // no epoch will begin
    bool loss = false;     // something was lost: nothing may follow it
    bool over = false;     // closing, and both sides have drained the last epoch
    CloseReason reason = CloseReason::closed;
  };
  struct Node {
    Quotas quotas{};
    bool alive = true;
    std::uint64_t made = 0;   // the latest channel; 0 is its boot channel
    std::uint32_t ends = 0, limbo = 0;
    std::uint64_t mail = 0;
  };

  // directory.cpp
  Verdict handle(NodeId from, Node& node, Create& create);
  Verdict handle(NodeId from, Node& node, Release& release);
  Verdict handle(NodeId from, Node& node, Claim& claim);
  Verdict handle(NodeId from, Node& node, MailIn& mail);
  Verdict handle(NodeId from, Node& node, MailOut& mail);
  Verdict handle(NodeId from, Node& node, Drained& drained);
  Verdict handle(NodeId from, Node& node, Close& close);

  Channel* channel(EndId end);
  const Channel* channel(EndId end) const;
  Side* side(EndId end);
  const Side* side(EndId end) const;
  bool existed(EndId end) const;  // an end of that name was made, whatever became of it

  Sink* sink_;
  std::map<NodeId, Node> nodes_{};
  std::unordered_map<EndId, Channel> channels_{};  // by the end of side 0
};

}  // namespace mullion::node::core
