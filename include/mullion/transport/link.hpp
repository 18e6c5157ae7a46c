// One connection between two nodes: records in order, control messages with descriptors beside them, and its end.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mullion/base/error.hpp"
#include "mullion/base/unique_fd.hpp"
#include "mullion/transport/medium.hpp"

namespace mullion {
class Loop;
}

namespace mullion::transport {

class Core;

// Addressed to the layer above; a link carries it and gives it no meaning.
struct RecordHeader {
  std::uint64_t port = 0;
  std::uint32_t epoch = 0;
  std::uint16_t kind = 0;
  std::uint16_t flags = 0;
};

using Bytes = std::span<const std::byte>;

inline constexpr std::size_t max_control_bytes = 1024 * 1024;  // of one control message
inline constexpr std::size_t max_control_fds = 64;             // with one control message
inline constexpr std::size_t max_record_fds = 16;              // with one record
inline constexpr std::size_t max_fds_in_flight = 64;           // sent with records and not yet taken, each way

struct LinkOptions {
  Medium medium = Medium::automatic;
  std::uint32_t ring_bytes = 512 * 1024;         // of this side's ring: a power of two, 64 KiB to 16 MiB
  // The most memory beside the ring, each way, for payloads of more than 64 KiB or an eighth of the ring. It is made
  // when the first one is sent, four times as large, and again when one is sent that is longer: a power of two, 256 KiB
  // to 16 MiB. 0: all goes through the ring. What is longer than half of it goes through it in parts, which at 32 MiB
  // takes no longer than memory made and sealed for the one message: making its pages costs more than copying does.
  std::uint32_t pool_bytes = 16 * 1024 * 1024;
  std::size_t queue_bytes = 64 * 1024 * 1024;    // what may wait for room in the ring; beyond it send() is `overloaded`
  std::size_t queue_records = 65536;             // the same, in records
  std::size_t message_bytes = 64 * 1024 * 1024;  // the largest payload sent and accepted, at most 1 GiB
  bool trusted = false;                          // both sides must say so; the doorbell is then an eventfd
  // The longest spin before sleeping; it adapts below it, and 0 never spins. No spin where the peer last ran on the same
  // cpu. To wake a thread on another one costs 20 to 50 us on virtual machines: a spin of that length catches what comes
  // sooner, and what comes later costs at most twice as much.
  std::uint32_t spin_ns = 50'000;
  // The accepting side lives in a sandbox like Chromium's renderer's, whose kernel filter forbids it to reserve and to
  // seal memory, and kills it for asking a socket for its options. Both sides must say so, or shared memory is refused.
  // The maker makes the memory of both rings, ring_bytes each, and seals the other side's once that has mapped it; the
  // accepting side's Loop must be a create_embedded().
  bool sandboxed = false;
};

// Counted since the link was made, but for what is queued at present.
struct LinkStats {
  std::uint64_t records_in = 0;
  std::uint64_t records_out = 0;
  std::uint64_t bytes_in = 0;  // payload
  std::uint64_t bytes_out = 0;
  std::uint64_t controls_in = 0;
  std::uint64_t controls_out = 0;
  std::uint64_t doorbells = 0;  // rung by this side: the system calls that its data cost
  std::uint64_t wakeups = 0;    // times that the peer rang
  std::uint64_t spins_won = 0;
  std::uint64_t spins_lost = 0;
  std::size_t queued_bytes = 0;
  std::size_t queued_records = 0;
  std::size_t pool_bytes = 0;  // that this side writes, of LinkOptions::pool_bytes
};

// What a link tells its owner. Called on the loop's thread, from the loop or from wait(), never from inside another
// call into the link. Each function may call anything of the link, and may destroy it.
class LinkHandler {
 public:
  virtual ~LinkHandler() = default;
  // The payload is a private copy that no peer can change, valid during the call. Returning false leaves the record at
  // the head: reading pauses until resume(), which delivers the same record again.
  virtual bool on_record(const RecordHeader& header, Bytes payload) = 0;
  // The same for a record that brings descriptors. What is left in `fds` when it returns true is closed; when it returns
  // false the descriptors stay with the record, and `fds` must be left as it is. The default takes none of them.
  virtual bool on_laden_record(const RecordHeader& header, Bytes payload, std::vector<UniqueFd>& fds) {
    return (void)fds, on_record(header, payload);
  }
  // Descriptors that are not moved out of `fds` are closed. Control is read while data is paused.
  virtual void on_control(Bytes message, std::vector<UniqueFd> fds) = 0;
  virtual void on_turn_end() {}  // a batch of records was delivered
  virtual void on_writable() {}  // there is room again after a send was refused: the queue is at most half full
  // Once, last, after everything that the peer had committed was delivered. The code says why: "closed" (the peer hung
  // up), "protocol" (it lied; the message says how), "refused" (no medium that both sides can have), or errno's name.
  virtual void on_closed(const Error& why) = 0;
};

// One link. Belongs to its loop's thread; the loop must outlive it.
//
//   auto sockets = Link::socket_pair();
//   auto link = Link::offer(*loop, std::move(sockets->first), {});   // the other socket goes to the other process
//   (*link)->start(handler);
//   Bytes parts[] = {std::as_bytes(std::span(text))};
//   (*link)->send({.port = 1}, parts);
//
// - Records arrive whole, once and in the order sent; so do control messages. Between the two there is no order.
// - The other side is not believed: what it writes is copied, then checked, then used. A lie closes this link with the
//   code "protocol" and touches nothing else.
// - Destroying a link closes it.
class Link {
 public:
  // The maker's side. `socket` is one end of socket_pair(). Sends the offer at once; what is sent before the other side
  // accepted waits in the queue. `invalid`: an option is out of its range.
  static Result<std::unique_ptr<Link>> offer(Loop& loop, UniqueFd socket, LinkOptions options);
  // The other side. Takes the medium that is offered, if options.medium is `automatic` or names it.
  static Result<std::unique_ptr<Link>> accept(Loop& loop, UniqueFd socket, LinkOptions options);
  static Result<std::pair<UniqueFd, UniqueFd>> socket_pair();  // SOCK_SEQPACKET, closed on exec
  // Two ends without a descriptor between them, on one loop or on the loops of two threads.
  static std::pair<std::unique_ptr<Link>, std::unique_ptr<Link>> in_process(Loop& a, Loop& b, LinkOptions options);
  ~Link();
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  // Begins to deliver. The handler must live until on_closed() or until the link ends. Once.
  void start(LinkHandler& handler);

  // Appends one record whose payload is the parts, one after the other. Whole or not at all.
  // At most 16 descriptors go with it, and leave the caller if and only if it succeeds. 64 may be on their way; the
  // record that brings more waits for the peer to take some, and so do those behind it.
  // `overloaded`: the queue is full (256 descriptors may wait in it), on_writable() follows. `invalid`: larger than
  // message_bytes, or a descriptor that is none. `failed`: there is no memory for it, and the link ends. `disconnected`.
  Result<> send(const RecordHeader& header, std::span<const Bytes> parts, std::span<UniqueFd> fds = {});
  // A message of at most 1 MiB beside the records. Descriptors leave the caller if and only if it succeeds.
  Result<> send_control(Bytes message, std::span<UniqueFd> fds = {});
  // Makes what was sent visible and rings the peer's doorbell if it sleeps. Happens by itself at the end of the turn.
  void flush();
  void resume();  // after on_record() returned false; delivery begins in the loop's next turn or the next wait()

  // Blocks this thread until something was delivered to the handler (true) or the time is up (false). Flushes first.
  // For synchronous calls and for threads whose loop does not run. `disconnected`: the link ended, on_closed() was
  // called. `invalid`: called from inside on_record().
  Result<bool> wait(std::uint64_t timeout_ns);

  // Sends what is queued as far as it fits now, then hangs up. on_closed() is not called for one's own close.
  void close();
  // The layer above found a lie in what the peer sent: the link closes, on_closed() follows with the code "protocol".
  void report_violation(std::string why);

  bool open() const;      // neither side has hung up, as far as is known here
  Medium medium() const;  // `automatic` until the sides have agreed
  LinkStats stats() const;
  std::size_t queued_bytes() const;  // payload that waits for room
  bool flushed() const;              // nothing that was sent waits in this process: it may end

 private:
  explicit Link(std::shared_ptr<Core> core);
  std::shared_ptr<Core> core_;
};

}  // namespace mullion::transport
