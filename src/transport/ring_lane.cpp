#include "transport/ring_lane.hpp"

#include <algorithm>
#include <utility>

#include "transport/futex.hpp"
#include "transport/spin.hpp"

namespace mullion::transport {
namespace {

constexpr int looks_between_clocks = 64;
constexpr std::uint32_t piece_bytes = 128 * 1024;
constexpr std::uint64_t longest_sleep = 10'000'000;  // a futex does not see a peer die

// Both sides do the same: say something, then this, then look at what the other said. One of them sees the other.
void say_then_look() { std::atomic_thread_fence(std::memory_order_seq_cst); }

}  // namespace

RingLane::RingLane(Medium medium, OwnSegment own, PeerSegment peer, std::unique_ptr<Bell> bell,
                   std::size_t message_limit)
    : medium_(medium),
      own_(std::move(own)),
      peer_(std::move(peer)),
      writer_(own_, peer_),
      reader_(peer_, own_),
      assembly_(reader_.longest(), message_limit),
      bell_(std::move(bell)),
      many_cpus_(many_cpus()) {
  note_cpu();
}

bool RingLane::put(const RecordHeader& header, Gather& payload, std::uint8_t fds) {
  do {
    if (!put_some(header, payload, std::exchange(fds, 0))) return false;
  } while (payload.left() > 0);
  return true;
}

bool RingLane::put_some(const RecordHeader& header, Gather& payload, std::uint8_t fds) {
  PoolWriter* pool = pools_ && payload.left() > writer_.longest() ? pools_->writer_for(payload.left()) : nullptr;
  return pool ? put_in_pool(*pool, header, payload, fds) : writer_.put(header, payload, fds);
}

// A reader on another cpu copies a piece out while the next one is copied in, and does not fall asleep over it.
bool RingLane::put_in_pool(PoolWriter& pool, const RecordHeader& header, Gather& payload, std::uint8_t fds) {
  const bool side_by_side = can_spin();
  const auto most = side_by_side ? std::min(pool.longest(), piece_bytes) : pool.longest();
  const auto length = static_cast<std::uint32_t>(std::min<std::size_t>(payload.left(), most));
  if (!writer_.admits_place()) return false;
  pool.returned(writer_.read());
  pool_wanted_ = pool.has_room(length) ? 0 : length;
  if (pool_wanted_ > 0) return false;
  const auto rest = static_cast<std::uint32_t>(payload.left() - length);
  const auto place = pool.put(payload, length, writer_.place_end());
  writer_.put_place(RecordHead{0, header, length, rest, true, fds}, place);
  if (side_by_side && rest > 0) publish();
  return true;
}

bool RingLane::room_now() {
  if (!writer_.room_now()) return false;
  if (pool_wanted_ == 0) return true;
  pools_->writer().returned(writer_.read());
  return pools_->writer().has_room(pool_wanted_);
}

Result<> RingLane::on_packet(PacketKind kind, Bytes message, std::vector<UniqueFd>& fds) {
  if (!pools_) return Lane::on_packet(kind, message, fds);
  awaits_ = false;
  return pools_->on_packet(kind, message, fds);
}

void RingLane::publish() {
  if (!writer_.publish()) {
    if (owes_ring_) owes_ring_ = !bell_->ring();
    return;
  }
  note_cpu();
  say_then_look();
  const auto sleep = peer_.head().sleep.load(std::memory_order_relaxed);
  if (sleep % 2 == 1 && sleep != rung_sleep_) {
    rung_sleep_ = sleep;
    ring(sleep);
  }
  writer_.warm();
}

void RingLane::ring(std::uint32_t sleep) {
  ++rung_;
  if ((sleep & Sleep::in_futex) == 0) {
    owes_ring_ = !bell_->ring();
    return;
  }
  own_.head().signal.fetch_add(1, std::memory_order_release);
  futex_wake(own_.head().signal);
}

void RingLane::note_cpu() {
  const auto cpu = present_cpu();
  if (cpu == cpu_) return;
  cpu_ = cpu;
  own_.head().cpu.store(cpu, std::memory_order_relaxed);
}

bool RingLane::want_room() {
  say_want();
  return room_now();
}

void RingLane::say_want() {
  want_ += wants_room() ? 2 : 1;
  own_.head().want.store(want_, std::memory_order_relaxed);
  say_then_look();
}

void RingLane::room_found() {
  if (wants_room()) own_.head().want.store(++want_, std::memory_order_relaxed);
}

void RingLane::answer_want() {
  const auto want = peer_.head().want.load(std::memory_order_relaxed);
  if (want % 2 == 0 || want == rung_want_) return;
  rung_want_ = want;
  ring(peer_.head().sleep.load(std::memory_order_relaxed));
}

Lane::Next RingLane::next() {
  if (whole_) return whole();
  if (awaits_) return Next::nothing;
  switch (reader_.look()) {
    case RingReader::Look::nothing:
      return writer_.lied() ? Next::lie : Next::nothing;
    case RingReader::Look::lie:
      return Next::lie;
    case RingReader::Look::record:
      break;
  }
  return take(reader_.head());
}

Lane::Next RingLane::take(const RecordHead& head) {
  if (head.elsewhere) return take_from_pool(head);
  std::byte* place = assembly_.place(head);
  if (!place) return Next::lie;
  reader_.copy(place);
  reader_.pop();
  return taken(head);
}

// The room of the record is returned at once, and with it the pool's.
Lane::Next RingLane::take_from_pool(const RecordHead& head) {
  const auto from = reader_.place();
  const auto look = pools_ ? pools_->reader().look(from, head.length) : PoolReader::Look::lie;
  awaits_ = look == PoolReader::Look::awaited;
  if (awaits_) return Next::nothing;
  lied_ = look == PoolReader::Look::lie;
  std::byte* place = lied_ ? nullptr : assembly_.place(head);
  if (!place) return Next::lie;
  pools_->reader().copy(from, head.length, place);
  reader_.pop();
  reader_.release();
  return taken(head);
}

Lane::Next RingLane::taken(const RecordHead& head) {
  if (reader_.released()) {
    say_then_look();
    answer_want();
  }
  whole_ = assembly_.add(head);
  return whole_ ? whole() : Next::part;
}

void RingLane::pop() {
  whole_ = false;
  assembly_.drop();
}

const char* RingLane::lie() const {
  if (writer_.lied()) return "The peer's read position cannot be.";
  if (lied_) return "A record names memory that is not there.";
  return reader_.lie() ? reader_.lie() : assembly_.lie();
}

bool RingLane::stirred() {
  if (!paused_ && (whole_ || (reader_.ready() && !awaits_))) return true;
  return wants_room() && (room_now() || writer_.lied());
}

// Paused, it sleeps without saying so, or every record would ring; room has its own word.
bool RingLane::doze() { return fall_asleep(paused_ ? 0 : Sleep::asleep); }

// What it wants is said anew: the last time may have been answered with too little while it was awake.
bool RingLane::fall_asleep(std::uint32_t how) {
  sleep_ = (sleep_ & ~(Sleep::step - 1)) + Sleep::step + how;
  own_.head().sleep.store(sleep_, std::memory_order_relaxed);
  if (wants_room()) own_.head().want.store(want_ += 2, std::memory_order_relaxed);
  reader_.release();
  say_then_look();
  if (reader_.released()) answer_want();
  if (!stirred()) return true;
  awake();
  return false;
}

void RingLane::awake() {
  if ((sleep_ & Sleep::asleep) == 0) return;
  sleep_ = (sleep_ & ~(Sleep::step - 1)) + Sleep::step;
  own_.head().sleep.store(sleep_, std::memory_order_relaxed);
}

bool RingLane::can_spin() const {
  const auto peers = peer_.head().cpu.load(std::memory_order_relaxed);
  return many_cpus_ && peers != no_cpu && peers != present_cpu();
}

bool RingLane::spin(std::uint64_t nanoseconds) {
  if (glance()) return true;
  const auto end = now_ns() + nanoseconds;
  while (now_ns() < end) {
    if (glance()) return true;
  }
  return false;
}

// As long as it can be had without looking at the clock.
bool RingLane::glance() {
  for (int look = 0; look < looks_between_clocks; ++look) {
    if (stirred()) return true;
    relax();
  }
  return false;
}

void RingLane::sleep(std::uint64_t nanoseconds, int, std::uint32_t packets) {
  const auto& signal = peer_.head().signal;
  const auto before = signal.load(std::memory_order_acquire);
  if (!fall_asleep(Sleep::asleep | Sleep::in_futex)) return;
  if (!control_waits(packets)) futex_wait(signal, before, nanoseconds < longest_sleep ? nanoseconds : longest_sleep);
  awake();
}

void RingLane::control_sent(std::uint32_t packets) {
  own_.head().controls.store(packets, std::memory_order_release);
  say_then_look();
  const auto sleep = peer_.head().sleep.load(std::memory_order_relaxed);
  if ((sleep & Sleep::in_futex) != 0) ring(sleep);
}

bool RingLane::control_waits(std::uint32_t packets) const {
  const auto sent = peer_.head().controls.load(std::memory_order_acquire);
  return static_cast<std::int32_t>(sent - packets) > 0;  // it says so only once it has a lane
}

}  // namespace mullion::transport
