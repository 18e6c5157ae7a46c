// A link's core: queues, delivers, sleeps and ends, over whatever wire and lane it was given.
#pragma once

#include <memory>
#include <optional>

#include "mullion/base/loop.hpp"
#include "transport/descriptors.hpp"
#include "transport/handshake.hpp"
#include "transport/lane.hpp"
#include "transport/out_queue.hpp"
#include "transport/spin.hpp"
#include "transport/wire.hpp"

namespace mullion::transport {

// What a link delivers before the loop's other work gets its turn: so many records, or 2 MiB.
inline constexpr std::size_t batch_cost = 1024;

class Core final : public Owner, public std::enable_shared_from_this<Core> {
 public:
  Core(Loop& loop, const LinkOptions& options);
  ~Core();

  // Before start(): what it stands on.
  Result<> stand_on_socket(UniqueFd socket, bool maker);
  void stand_on(std::unique_ptr<Wire> wire, std::unique_ptr<Lane> lane);

  void start(LinkHandler& handler);
  Result<> send(const RecordHeader& header, std::span<const Bytes> parts, std::span<UniqueFd> fds);
  Result<> send_control(Bytes message, std::span<UniqueFd> fds);
  void flush();
  void resume();
  Result<bool> wait(std::uint64_t timeout_ns);
  void close();
  static void end(std::shared_ptr<Core> core);  // its owner has no more use for it
  void report_violation(std::string why);

  bool open() const { return !ended_ && !fate_ && !hung_up_; }
  Medium medium() const { return medium_; }
  LinkStats stats() const;
  std::size_t queued_bytes() const { return queue_.bytes(); }
  bool flushed() const { return queue_.empty() && (!lane_ || lane_->sent()); }

  void hear();  // the wire has something
  void set_alone() { alone_ = true; }

  std::shared_ptr<void> hold() override { return shared_from_this(); }
  void on_stir() override;
  void on_message(PacketKind kind, Bytes message, std::vector<UniqueFd> fds) override;
  void on_packets_sent() override;
  void on_hang_up() override;
  void on_fault(const Error& why) override;

 private:
  class Busy;

  bool live() const { return handler_ && !fate_; }
  void turn();
  bool deliver(std::size_t most);
  bool deliver_batch(std::size_t most);
  bool give_record(bool laden);
  bool give_laden();
  bool have_descriptors();
  void on_descriptors(PacketKind kind, Bytes message, std::vector<UniqueFd> fds);
  void on_handshake(PacketKind kind, Bytes message, std::vector<UniqueFd> fds);
  void on_lane_packet(PacketKind kind, Bytes message, std::vector<UniqueFd> fds);
  void take_lane(Agreement agreement);
  void pump_queue();
  Result<> queue(const RecordHeader& header, Gather& payload, std::size_t size);
  Result<> send_laden(const RecordHeader& header, Gather& payload, std::span<UniqueFd> fds);
  Result<> check_fds(std::span<const UniqueFd> fds) const;
  bool owes_writable() const;
  void tell_writable();
  void end_turn_later();
  void end_turn();
  void settle();
  void spin_then_doze();
  void doze();
  template <void (Core::*step)()>
  void later() {
    loop_.defer([weak = weak_from_this()] {
      if (auto self = weak.lock()) (self.get()->*step)();
    });
  }
  Result<bool> wait_on(std::uint64_t timeout_ns);
  bool come();
  void glance();
  bool read_wire();
  void rest(std::uint64_t nanoseconds);
  bool spin(std::uint64_t most);
  void mark_active();
  void fail(const Error& why);
  static Error ended_error() { return {Kind::disconnected, "closed", "The link is closed."}; }
  void let_go();
  void tell_closed();

  Loop& loop_;
  LinkOptions options_;
  LinkHandler* handler_ = nullptr;
  std::unique_ptr<Wire> wire_;
  std::unique_ptr<Handshake> handshake_;  // until the sides have agreed
  std::unique_ptr<Lane> lane_;
  Descriptors descriptors_;
  OutQueue queue_;
  std::vector<UniqueFd> record_fds_;  // of the record at the head
  SpinBudget spin_;
  LinkStats stats_;
  std::optional<Error> fate_;  // why it closed
  Medium medium_ = Medium::automatic;
  std::size_t batch_ = 0;  // records of the last batch
  std::size_t burst_ = 1;  // the most that wait() takes at once
  int busy_ = 0;           // calls of wait() that are not over
  bool hung_up_ = false;   // the peer; what it committed is still to be delivered
  bool ended_ = false;     // closed by its owner
  bool paused_ = false;
  bool awaits_fds_ = false;  // the record at the head does
  bool has_fds_ = false;     // it did, and has them
  bool refused_ = false;  // a send, which on_writable() will answer
  bool more_ = false;     // the batch was cut short
  bool active_ = false;   // something came or went since the last sleep
  bool in_record_ = false;
  bool in_part_ = false;  // the last batch brought some of a message
  bool alone_ = false;  // the peer lives on the same thread: waiting for it is vain
  bool turn_end_due_ = false;
  bool slept_ = false;  // in wait(), with nothing to show for it
};

}  // namespace mullion::transport
