// Records through shared memory: between processes, or inside one.
#pragma once

#include <memory>
#include <utility>

#include "transport/assembly.hpp"
#include "transport/bell.hpp"
#include "transport/lane.hpp"
#include "transport/pools.hpp"
#include "transport/ring.hpp"

namespace mullion::transport {

class RingLane final : public Lane {
 public:
  RingLane(Medium medium, OwnSegment own, PeerSegment peer, std::unique_ptr<Bell> bell, std::size_t message_limit);
  void keep(std::shared_ptr<void> ear) { ear_ = std::move(ear); }  // what hears the peer's bell
  void use_pools(Wire& wire, const PoolTerms& terms) { pools_.emplace(wire, terms); }

  Medium medium() const override { return medium_; }
  bool put(const RecordHeader& header, Gather& payload, std::uint8_t fds) override;
  void publish() override;
  bool want_room() override;
  void room_found() override;

  Next next() override;
  const RecordHeader& header() const override { return assembly_.header(); }
  Bytes payload() const override { return assembly_.payload(); }
  std::uint8_t fds() const override { return assembly_.fds(); }
  void pop() override;
  void pause(bool paused) override { paused_ = paused; }
  const char* lie() const override;
  bool short_of_memory() const override { return assembly_.short_of_memory(); }

  bool doze() override;
  void awake() override;
  bool can_spin() const override;
  bool glance() override;
  bool spin(std::uint64_t nanoseconds) override;
  void sleep(std::uint64_t nanoseconds, int socket, std::uint32_t packets) override;
  void control_sent(std::uint32_t packets) override;
  bool control_waits(std::uint32_t packets) const override;
  std::uint64_t rung() const override { return rung_; }
  std::size_t pool_bytes() const override { return pools_ ? pools_->writer().bytes() : 0; }
  Result<> on_packet(PacketKind kind, Bytes message, std::vector<UniqueFd>& fds) override;
  void close() override { ear_.reset(); }

 private:
  bool fall_asleep(std::uint32_t how);
  bool stirred();
  bool wants_room() const { return want_ % 2 == 1; }
  void say_want();
  void answer_want();
  void ring(std::uint32_t sleep);
  void note_cpu();
  Next take(const RecordHead& head);
  Next take_from_pool(const RecordHead& head);
  Next taken(const RecordHead& head);
  Next whole() const { return assembly_.fds() == 0 ? Next::message : Next::laden; }
  bool put_some(const RecordHeader& header, Gather& payload, std::uint8_t fds);
  bool put_in_pool(PoolWriter& pool, const RecordHeader& header, Gather& payload, std::uint8_t fds);
  bool room_now();

  Medium medium_;
  OwnSegment own_;
  PeerSegment peer_;
  RingWriter writer_;
  RingReader reader_;
  Assembly assembly_;
  std::optional<Pools> pools_;
  std::uint32_t pool_wanted_ = 0;  // bytes that the last put() found no room for in the pool
  std::unique_ptr<Bell> bell_;
  std::shared_ptr<void> ear_;
  bool many_cpus_;
  bool owes_ring_ = false;  // the bell could not be rung: it is tried again, also where no loop runs
  bool paused_ = false;
  bool whole_ = false;            // a message was read and not popped
  bool awaits_ = false;           // the record at the head lies in memory that was not announced yet
  bool lied_ = false;             // it lies where nothing can lie
  std::uint32_t sleep_ = 0;       // what this side said last
  std::uint32_t want_ = 0;        // likewise
  std::uint32_t rung_sleep_ = 0;  // the peer's sleep that was answered
  std::uint32_t rung_want_ = 0;
  std::uint32_t cpu_ = no_cpu;
  std::uint64_t rung_ = 0;
};

}  // namespace mullion::transport
