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

#include "node/core/table.hpp"
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
    // Make a link between two children, and tell both on their control streams before what follows there. False: it
    // cannot be had, and their channel goes through the broker.
    virtual bool introduce(NodeId a, NodeId b, LinkId link) = 0;
    // `from` says that its link to `other` failed, and whose fault that was is one's word against the other's. `other`
    // may be dead.
    virtual void quarrel(NodeId from, NodeId other, const LinkFailed& failed) = 0;

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
  // A message of `end` with these in it had to be dropped: its channel ends with `refused`.
  void refuse(EndId end, std::span<const Carried> ports = {});
  // May so many bytes more of its messages be kept here? They count until discharge().
  bool charge(NodeId node, std::uint64_t bytes);
  void discharge(NodeId node, std::uint64_t bytes) { nodes_[node].kept -= bytes; }
  // Whose link a record of `end` would go to now, for who must know before whether there is room; 0: nobody's.
  NodeId receiver(EndId end) const;
  // Call after everything that the node's streams held was handled and routed. Its name is not used again.
  void node_died(NodeId node, CloseReason reason = CloseReason::peer_exited);

  std::optional<NodeId> owner(EndId end) const;  // nothing while it travels and when it is gone
  bool gone(EndId end) const;                    // was made, and is no more
  std::size_t channels() const { return channels_.size(); }
  std::size_t limbo() const;                     // ends that travel
  std::uint32_t ends_of(NodeId node) const;
  std::uint32_t links_of(NodeId node) const;     // to other children
  std::uint64_t kept_of(NodeId node) const;      // bytes charged to it
  std::size_t letters() const;                   // messages that wait here
  void fingerprint(std::vector<std::uint64_t>& out) const;  // equal for equal states

 private:
  enum class Place : std::uint8_t { owned, limbo, dead };
  // Where the message is that carries an end in limbo. It passes each of these at most once a trip, so that nobody can
  // be brought to claim an end that is not there.
  enum class Where : std::uint8_t { sender, mail_out, sailed, mail_in };
  struct Side {
    Place place = Place::owned;
    NodeId owner = 0;             // owned: who holds it; limbo: who sent it away
    Token token = 0;              // limbo, as are the next two
    EndId carrier = 0;
    Where where = Where::sender;
    Epoch epoch = 0;              // the latest that was opened
    Epoch drained = 0;            // the latest in which everything has arrived
    NodeId anchor = 0;            // whose task that is
    bool fin_routed = false;      // in this epoch, as is the next
    bool loss_routed = false;     // its peer was told that nothing more comes
    bool finalised = false;       // CloseFinal was sent to the present owner
    bool cut = false;             // a message to it was refused: nothing may follow
    bool left = false;            // it was sent away since its latest epoch began
    bool unseen = false;          // limbo: where it was sent from has left without its message
    std::int64_t may_bytes = 0, may_messages = 0;  // what its anchor may still send
    Mail in{}, out{};             // messages to it, messages from it
    std::vector<EndId> cargo{};   // ends in limbo whose carrier this is
  };
  struct Channel {
    std::array<Side, 2> sides{};
    LinkId link = self_link;
    bool closing = false;  // no epoch will begin
    bool loss = false;     // something was lost: nothing may follow it
    bool over = false;     // closing, and the last epoch is drained on both sides
    CloseReason reason = CloseReason::closed;
    CloseReason reason_if_lost = CloseReason::peer_exited;  // in this epoch
  };
  struct Node {
    Quotas quotas{};
    bool alive = true;
    std::uint64_t made = 0;  // its latest channel; 0 is the boot channel
    std::uint32_t ends = 0, limbo = 0, links = 0;
    std::uint64_t kept = 0;
  };
  using Pair = std::pair<NodeId, NodeId>;  // of children, the lesser first
  struct Acquaintance {
    LinkId link = 0;  // none
    std::uint8_t failures = 0;
  };
  struct Doomed {
    EndId end = 0;
    CloseReason reason = CloseReason::closed;
  };

  // directory.cpp: who says what, and may they
  Verdict handle(NodeId from, Node& node, Create& create);
  Verdict handle(NodeId from, Node& node, Release& release);
  Verdict handle(NodeId from, Node& node, Claim& claim);
  Verdict handle(NodeId from, Node& node, MailIn& mail);
  Verdict handle(NodeId from, Node& node, MailOut& mail);
  Verdict handle(NodeId from, Node& node, Drained& drained);
  Verdict handle(NodeId from, Node& node, Close& close);
  Verdict handle(NodeId from, Node& node, Check& check);
  void discharge_rest(const Up& message);
  Verdict check_release(NodeId from, const Side& side, const Release& release) const;
  Verdict check_anchor(NodeId from, const Side& side, Epoch epoch) const;
  void put_in_limbo(Side& side, NodeId from, Node& node, const Release& release);

  // channels.cpp: names, and what follows from a change
  Channel* channel(EndId end) { return channels_.find(end & ~EndId{1}); }
  const Channel* channel(EndId end) const { return channels_.find(end & ~EndId{1}); }
  Side* side(EndId end);
  const Side* side(EndId end) const;
  bool existed(EndId end) const;  // an end of that name was made, whatever became of it
  bool travels(EndId end) const;
  std::array<EndId, 2> waits_for(EndId end) const;
  EndId find_ring(std::vector<EndId> suspects) const;
  void doom(EndId end, CloseReason reason) { doomed_.push_back({end, reason}); }
  void fail(EndId end, CloseReason reason);
  void settle(EndId end);
  void settle_all();
  void bury(EndId end, CloseReason reason);
  void leave_place(EndId end, Side& side);
  void settle_channel(EndId first);
  void open(EndId first, Channel& channel);
  void account_for_cargo(Channel& channel);
  void begin_epoch(Side& side, Epoch epoch);
  void finish(EndId first, Channel& channel);
  void send_final(EndId end, Side& side, CloseReason reason);
  std::vector<EndId> sorted_channels() const;

  // links.cpp: direct ones
  std::optional<LinkId> choose_link(NodeId a, NodeId b);
  LinkId introduce(NodeId a, NodeId b);
  Verdict handle(NodeId from, Node& node, LinkFailed& failed);
  Verdict hear_late(NodeId from, const LinkFailed& failed);
  void end_link(LinkId link, CloseReason reason);
  void end_links_of(NodeId node, CloseReason reason);

  // mail.cpp: messages that wait here, and the ends in them
  Verdict check_outgoing(NodeId from, const Mail& mail, EndId carrier) const;
  Verdict check_carried(NodeId from, std::span<const Carried> ports, EndId carrier, bool sending) const;
  const char* wrong_about(const Carried& carried, EndId carrier, bool sending) const;
  void strip(Mail& mail, EndId carrier) const;
  void mark(std::span<const Carried> ports, Where where);
  bool charge(NodeId node, Mail& mail);
  void discharge(const Mail& mail);
  void take_in(EndId end, Side& side, NodeId from, Mail&& mail);
  void take_out(EndId end, Side& side, NodeId from, Mail&& mail, bool first);
  void drop(std::span<const Carried> ports, CloseReason reason);
  void store(Mail& box, std::size_t place, Mail&& mail, Where where);
  void drop(Mail&& mail, CloseReason reason);
  Mail deliver(Mail& box, NodeId to, Where where);

  // route.cpp
  static bool asks_too_much(const Quotas& quotas, const Side& peer, const RecordView& credit);
  Verdict check_record(NodeId from, const Quotas& quotas, const Side& side, const Side& peer,
                       const RecordView& record) const;
  void account(Side& side, Side& peer, const RecordView& record);
  void tell_lost(NodeId node, EndId end);

  Sink* sink_;
  std::map<NodeId, Node> nodes_{};
  Table<EndId, Channel> channels_{};               // by the end of side 0
  std::map<Pair, Acquaintance> pairs_{};           // that have a link, or had one that failed
  std::unordered_map<LinkId, Pair> links_{};
  std::map<LinkId, Pair> over_{};                  // the latest that ended: who is left may still say why
  LinkId last_link_ = broker_link;
  std::vector<Doomed> doomed_{};                   // empty between calls, as are the next
  std::vector<EndId> touched_{};
  std::vector<EndId> suspects_{};                  // ends that may wait for themselves now
};

}  // namespace mullion::node::core
