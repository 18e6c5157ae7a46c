// The ends of channels that live in one process: what the program, the links and the broker do to them.
// Pure: no system call, clock, thread or random source; the product, the explorer and the fuzzer run this same code.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "mullion/base/error.hpp"
#include "node/core/queue.hpp"
#include "node/core/table.hpp"
#include "node/core/types.hpp"

namespace mullion::node::core {

struct PortsOptions {
  NodeId node = 0;
  std::uint64_t secret = 0;                            // tokens are made from it; others should not guess it
  std::uint32_t ends = Quotas{}.ends;                  // as many as the broker allows
  std::uint64_t window_bytes = Quotas{}.window_bytes;  // asked for from a peer at once; 0: no credit at all (explorer)
  std::uint32_t window_messages = Quotas{}.window_messages;
  std::uint64_t hard_bytes = 64u << 20;  // waiting at one end before a post is refused
  std::uint32_t hard_messages = 1u << 18;
};

enum class PostRoom : std::uint8_t { outbox, credit };  // as node::Room

// What became of a record from a link.
enum class Arrival : std::uint8_t {
  handled,  // delivered, kept, passed on, or rightly dropped
  later,    // its epoch begins here with an Open that is on its way: stop reading this link until Sink::resume
  lie,      // no honest process sends this
  refused,  // dropped, with what follows: its sender has too much here that waits. In main only: refuse its channel
};

struct Taken {
  std::vector<std::byte> body{};
  std::vector<EndId> ports{};  // belong to this process now, not started
  std::vector<Attachment> attachments{};
};

// Copies are snapshots; give each its own sink with rebind().
//
// - Sink's functions are called from inside the calls below and must not call back, offer() excepted.
// - Everything else that a program may do with ends is checked here, and so is everything that a link says.
class Ports {
 public:
  class Sink {
   public:
    virtual void up(Up&& message) = 0;
    // False: no room. It is kept here, and tried again after writable(link). Nothing of the same end may overtake it.
    virtual bool data(LinkId link, EndId end, Epoch epoch, std::span<const Bytes> body,
                      std::span<const Carried> ports) = 0;
    // The same for a message with attachments. Where none are ever posted this is not called.
    virtual bool laden_data(LinkId link, EndId end, Epoch epoch, std::span<const Bytes> body,
                            std::span<const Carried> ports, std::span<const Attachment> attachments) {
      return (void)attachments, data(link, end, epoch, body, ports);
    }
    // These cannot be refused, and keep their place behind the data that was accepted. There are at most one fin an
    // epoch and two credits a window of each end.
    virtual void fin(LinkId link, EndId end, Epoch epoch) = 0;
    virtual void credit(LinkId link, EndId end, Epoch epoch, std::uint64_t bytes, std::uint32_t messages) = 0;
    // The records that were answered `later` may be offered again.
    virtual void resume(LinkId link) = 0;
    // The process at the other end of a direct link handed over what was not its to give: end the link as for a lie.
    virtual void accuse(LinkId link, std::string why) = 0;
    // The broker says that a direct link is over. Handle what it holds, then link_lost(); a record of it that is
    // answered `later` from now on is a lie.
    virtual void over(LinkId link) = 0;
    // In main only: may a message of `payer` be kept here? It counts until discharge().
    virtual bool charge(NodeId payer, std::uint64_t bytes) { return (void)payer, (void)bytes, true; }
    virtual void discharge(NodeId payer, std::uint64_t bytes) { (void)payer, (void)bytes; }

    // A message without ports came for a started end that has nothing to take. True: it was consumed.
    // Called last in on_data(), so that it may call anything of this class.
    virtual bool offer(EndId end, Bytes body) = 0;
    virtual void ready(EndId end) = 0;                       // the inbox of a started end is no longer empty
    virtual void drained(EndId end) = 0;                     // there is credit again after a refusal
    virtual void closed(EndId end, CloseReason reason) = 0;  // once, only when started and nothing is left to take

   protected:
    ~Sink() = default;
  };

  Ports(PortsOptions options, Sink& sink) : options_(options), sink_(&sink) {}
  void rebind(Sink& sink) { sink_ = &sink; }

  // ---- The program
  Result<std::pair<EndId, EndId>> create();  // `overloaded`: as many ends as the broker allows
  void adopt(EndId end);                     // one side of a boot channel, its peer reached through the broker
  // `invalid`, code "port": `end` is not here; or the message names the index. `overloaded`, code "queue-full".
  // The ports leave if and only if this succeeds. A peer that is gone is a success: the message and its ports end here.
  Result<> post(EndId end, std::span<const Bytes> parts, std::span<const EndId> ports = {},
                PostRoom room = PostRoom::outbox, std::span<const Attachment> attachments = {});
  // What such a post would answer, for so much weight.
  Result<> check_post(EndId end, std::size_t weight, std::span<const EndId> ports, PostRoom room);
  void start(EndId end);
  std::optional<Taken> take(EndId end);  // nothing when not started
  void close(EndId end);
  // The way to the broker is gone: every end closes, nothing is sent any more. What had arrived can still be taken.
  void disconnect(CloseReason reason);

  bool holds(EndId end) const { return ends_.contains(end); }
  LinkId link_of(EndId end) const;                     // where its next message may come from
  bool started(EndId end) const;
  bool has_message(EndId end) const;                   // take() would give one
  std::optional<CloseReason> closed(EndId end) const;  // what Sink::closed said
  std::size_t queued_bytes(EndId end) const;           // posted and not yet asked for
  std::size_t size() const { return ends_.size(); }
  std::vector<EndId> ends() const { return sorted_ends(); }

  // ---- Links. `end` is the sender's. `payer`: in main, the process that sent it.
  Arrival on_data(LinkId link, EndId end, Epoch epoch, Bytes body, std::span<const Carried> ports,
                  std::span<const Attachment> attachments = {}, NodeId payer = 0);
  Arrival on_fin(LinkId link, EndId end, Epoch epoch) { return finish(link, end, epoch, false); }
  Arrival on_lost(LinkId link, EndId end, Epoch epoch) { return finish(link, end, epoch, true); }
  Arrival on_credit(LinkId link, EndId end, Epoch epoch, std::uint64_t bytes, std::uint32_t messages);
  void writable(LinkId link);   // after Sink::data was refused
  // A direct link ended, and everything it had committed was handled, or it lied. Once.
  void link_lost(LinkId link, bool lie = false, std::string why = {});

  // ---- The broker. Trusted, so what does not fit is ignored.
  void on_down(Down&& message);

  // Ends that left are not done with what their links hold.
  bool draining() const { return !tombstones_.empty() || !pending_.empty(); }
  // At rest: nothing waits for the broker, for a peer that drains, or for a link.
  bool quiet() const;
  void fingerprint(std::vector<std::uint64_t>& out) const;  // equal for equal states

 private:
  enum class State : std::uint8_t {
    live,     // link and epoch are known; on the self link the peer is here and live in the same epoch
    corked,   // between two epochs: posts wait, the inbox can be read
    closing,  // the peer is gone; the inbox may hold something, or nobody has started the end
    closed,   // ... and that was reported
  };
  struct Allowance {  // what may still be sent; negative after one message that was larger
    std::int64_t bytes = 0;
    std::int64_t messages = 0;
  };
  struct End {
    State state = State::corked;
    bool owned = true;        // the broker counts it as held here
    bool started = false;
    bool wants_room = false;  // a post was refused
    bool wants_link = false;  // the link refused the head of the outbox
    bool cut = false;         // a message was refused: what follows is dropped
    CloseReason reason = CloseReason::closed;
    LinkId link = self_link;
    Epoch epoch = 0;
    Allowance mine{}, peers{};  // what this end may send, what its peer may
    ParcelQueue inbox{}, outbox{};
  };
  struct Tombstone {  // an end that left in this epoch, for which more may arrive here
    Epoch epoch = 0;
    LinkId link = self_link;
    Allowance peers{};
    bool cut = false;  // as End's
  };
  struct PendingRelease {
    std::uint32_t count = 0;
    std::vector<EndId> holders{};  // ends whose outbox has a message that waits for it
  };

  End* find(EndId end) { return ends_.find(end); }
  const End* find(EndId end) const { return ends_.find(end); }
  void say(Up&& message);

  // ports.cpp: the program
  Result<> check_ports(EndId end, std::span<const EndId> ports) const;
  Result<> check_room(EndId id, End& end, std::size_t bytes, PostRoom room);
  bool send_now(EndId id, End& end, std::span<const Bytes> parts);
  void enqueue(EndId id, End& end, std::span<const Bytes> parts, std::span<const EndId> ports,
               std::span<const Attachment> attachments);
  EndId receive_port(const Carried& carried, EndId carrier);
  EndId make_closed(EndId id, CloseReason reason);
  EndId next_end() { return make_end(options_.node, ++made_, 0); }
  void report_closed(EndId id, End& end);
  std::vector<EndId> sorted_ends() const;

  // move.cpp: rules 1, 6 and 8
  Carried detach(EndId id, EndId carrier);
  Token next_token();
  void leave_epoch(EndId id, const End& end);
  void cork(EndId id, End& end, bool lossy);
  void handle(Open& open);
  void handle(OpenLocal& open);
  void handle(CloseFinal& last);
  void handle(ReleaseAck& ack);
  void pass_on(EndId id, Epoch epoch, Mail&& in, Mail&& out);
  bool moved_away(EndId id) const { return pending_.contains(id); }
  bool may_open(EndId id) const;
  End* reopened(EndId id, Epoch epoch, Mail& in, Mail& out);
  void resume_waiting(EndId id);

  // direct.cpp: links to other children
  std::uint32_t ask_about(LinkId link, EndId carrier, std::span<const Carried> ports);
  void handle(Checked& answer);
  void handle(LinkOver& over);

  // flow.cpp: rules 2, 3 and 7, and credit
  std::size_t waiting_bytes(EndId id, const End& end) const;
  std::size_t waiting_messages(EndId id, const End& end) const;
  bool has_credit(EndId id, const End& end) const;
  bool may_send(const End& end) const;
  void block(EndId id, End& end);
  void spend(Allowance& allowance, std::size_t bytes) const;
  bool spend_peers(Allowance& allowance, std::size_t bytes) const;
  void flush(EndId id, End& end);
  bool send_head(EndId id, End& end);
  bool held(const Parcel& parcel) const;
  void arrived(EndId id, End& end, Parcel&& parcel);
  Arrival keep(LinkId link, EndId id, Epoch epoch, Parcel&& parcel);
  void discharge(const Parcel& parcel);
  void drop(Mail&& mail);
  void grant(EndId id, End& end);
  void tell_drained(EndId id, End& end);
  bool offered(EndId id, End& end, Bytes body);
  Arrival finish(LinkId link, EndId peer, Epoch epoch, bool lossy);
  Arrival unexpected(LinkId link, EndId id, Epoch epoch);

  PortsOptions options_;
  Sink* sink_;
  bool ended_ = false;
  std::uint64_t made_ = 0;  // channels
  std::uint64_t tokens_ = 0;
  std::uint32_t owned_ = 0;
  Table<EndId, End> ends_{};
  std::map<EndId, Tombstone> tombstones_{};
  std::map<EndId, PendingRelease> pending_{};
  std::vector<EndId> blocked_{};                       // ends whose link had no room
  std::set<std::pair<EndId, LinkId>> waiting_{};  // links that were answered `later`, and for which end
  std::map<std::uint32_t, LinkId> checks_{};           // that are not answered yet, and who is to blame
  std::uint32_t last_check_ = 0;
  std::set<LinkId> lost_links_{};  // ended here, and the broker has not said so yet
  std::set<LinkId> over_links_{};  // the broker has said so, and they have not ended here yet
};

}  // namespace mullion::node::core
