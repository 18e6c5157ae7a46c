// One direction's ring: one writer, one reader, and no word that both write.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "transport/gather.hpp"
#include "transport/record.hpp"
#include "transport/segment.hpp"

namespace mullion::transport {

inline constexpr std::uint32_t line_payload = record_alignment - record_head_bytes;  // in a record's first line

// Appends records to the ring of a segment that this side writes.
// A record becomes visible by its first word, stored last. Of a batch the first record's word is stored last of all,
// so the reader sees the whole batch or nothing of it.
class RingWriter {
 public:
  RingWriter(const OwnSegment& own, const PeerSegment& peer);

  std::uint32_t longest() const { return longest_; }  // payload of one record
  // Appends one record with the next bytes of `payload`: as many as a record holds. False: there is no room.
  bool put(const RecordHeader& address, Gather& payload, std::uint8_t fds = 0);
  // Appends one whose payload lies elsewhere: admits_place() said that there is room.
  void put_place(const RecordHead& head, const PoolPlace& place);
  bool admits_place();
  std::uint64_t place_end() const { return position_ + record_alignment; }  // of the record that put_place() appends
  std::uint64_t read() { return look_at_peer(), read_; }                    // up to there the peer has read
  // Makes the batch visible. False: there was none.
  bool publish();
  // Clears the lines that the next record will need, which the reader has held since it read them a lap ago: taking
  // them back would cost that record the most of its time.
  void warm();
  bool full() const { return full_; }  // the last put() found no room
  bool room_now();                     // the peer has made room since; a record of any size fits
  bool lied() const { return lied_; }  // the peer's read position cannot be

 private:
  bool append(const RecordHead& head, Gather& payload);
  bool has_room(std::uint64_t bytes);
  void look_at_peer();
  void skip(std::uint32_t bytes);
  void write(const RecordHead& head, Gather& payload);
  bool write_words(const RecordWords& words);
  void commit(std::uint64_t next);
  void clear_to(std::uint64_t end, std::uint64_t from);
  std::byte* at(std::uint64_t position) const { return ring_ + (position & mask_); }

  std::byte* ring_;
  const std::atomic<std::uint64_t>* peer_position_;
  std::uint64_t size_;
  std::uint64_t mask_;
  std::uint32_t longest_;
  std::uint64_t position_ = 0;                // behind the last record written
  std::uint64_t published_ = 0;               // behind the last record visible: where the batch begins
  std::uint64_t read_ = 0;                    // the peer's, as last believed
  std::uint64_t cleared_ = record_alignment;  // the first words of all lines from position_ to here are 0
  RecordWords held_words_{};                  // the batch's first line
  std::byte held_payload_[line_payload] = {};
  bool full_ = false;
  bool lied_ = false;
};

// Takes records from the ring of a segment that the peer writes. Nothing in it is believed or read twice.
class RingReader {
 public:
  enum class Look : std::uint8_t { nothing, record, lie };

  RingReader(const PeerSegment& peer, const OwnSegment& own);

  std::uint32_t longest() const { return longest_; }
  bool ready() const {
    const bool is = word().load(std::memory_order_relaxed) != 0;
    if (is) fetch_next_line();
    return is;
  }
  Look look();  // copies the header of the record at the head, and checks it
  const RecordHead& head() const { return head_; }
  void copy(std::byte* to) const;  // the payload: head().length bytes, once
  PoolPlace place() const;         // where it lies, if it is elsewhere
  void pop();                      // the head moves on; its room returns to the writer some records later
  bool release();                  // returns it now. False: there was none
  bool released();                 // once after room was returned
  const char* lie() const { return lie_; }

 private:
  const std::atomic<std::uint64_t>& word() const;
  // A hint, which reads nothing: most records have a second line, and its way here takes as long as looking at the
  // first. Behind the ring's end it does nothing.
  void fetch_next_line() const { __builtin_prefetch(at() + record_alignment); }
  void copy_head();
  Look check();
  Look skip();
  Look refuse(const char* why);
  const std::byte* at() const { return ring_ + (position_ & mask_); }

  const std::byte* ring_;
  std::atomic<std::uint64_t>* own_position_;
  std::uint64_t size_;
  std::uint64_t mask_;
  std::uint32_t longest_;
  std::uint64_t position_ = 0;
  std::uint64_t released_ = 0;
  bool returned_ = false;
  RecordHead head_;
  const char* lie_ = nullptr;
};

}  // namespace mullion::transport
