// Records through shared memory: between processes, or inside one.
#pragma once

#include <memory>
#include <utility>

#include "transport/assembly.hpp"
#include "transport/bell.hpp"
#include "transport/lane.hpp"
#include "transport/ring.hpp"

namespace mullion::transport {

class RingLane final : public Lane {
 public:
  RingLane(Medium medium, OwnSegment own, PeerSegment peer, std::unique_ptr<Bell> bell, std::size_t message_limit);
  void keep(std::shared_ptr<void> ear) { ear_ = std::move(ear); }  // what hears the peer's bell

  Medium medium() const override { return medium_; }
  bool put(const RecordHeader& header, Gather& payload) override;
  void publish() override;
  bool want_room() override;
  void room_found() override;

  Next next() override;
  const RecordHeader& header() const override { return assembly_.header(); }
  Bytes payload() const override { return assembly_.payload(); }
  void pop() override;
  void pause(bool paused) override { paused_ = paused; }
  const char* lie() const override;

  bool doze() override;
  void awake() override;
  bool can_spin() const override;
  bool glance() override;
  bool spin(std::uint64_t nanoseconds) override;
  void sleep(std::uint64_t nanoseconds, int socket, std::uint32_t packets) override;
  void control_sent(std::uint32_t packets) override;
  bool control_waits(std::uint32_t packets) const override;
  std::uint64_t rung() const override { return rung_; }
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

  Medium medium_;
  OwnSegment own_;
  PeerSegment peer_;
  RingWriter writer_;
  RingReader reader_;
  Assembly assembly_;
  std::unique_ptr<Bell> bell_;
  std::shared_ptr<void> ear_;
  bool many_cpus_;
  bool paused_ = false;
  bool whole_ = false;           // a message was read and not popped
  std::uint32_t sleep_ = 0;      // what this side said last
  std::uint32_t want_ = 0;       // likewise
  std::uint32_t rung_sleep_ = 0; // the peer's sleep that was answered
  std::uint32_t rung_want_ = 0;
  std::uint32_t cpu_ = no_cpu;
  std::uint64_t rung_ = 0;
};

}  // namespace mullion::transport
