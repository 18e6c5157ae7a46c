#include "transport/ring.hpp"

#include <cstring>
#include <utility>

#include "transport/copy.hpp"
#include "transport/pool.hpp"
#include "transport/record_codec.hpp"

namespace mullion::transport {
namespace {

// The tests build this file once more with the order taken away, and ThreadSanitizer must see it.
#ifdef MULLION_MUTATION_COMMIT_RELAXED
constexpr auto commit_order = std::memory_order_relaxed;
#else
constexpr auto commit_order = std::memory_order_release;
#endif

constexpr std::uint32_t release_parts = 8;  // the reader returns room when it has taken this part of the ring
constexpr std::uint32_t warm_lines = 2;
constexpr std::uint32_t longest_record = 64 * 1024;

// The largest record takes at most an eighth of the ring, so that a ring that was read to its end has room for it even
// while up to an eighth of it was not returned and another one is skipped at the wrap.
constexpr std::uint32_t longest_payload(std::uint32_t ring_bytes) {
  const auto part = ring_bytes / 8;
  return (part < longest_record ? part : longest_record) - record_head_bytes;
}

constexpr std::uint64_t record_bytes(std::uint64_t payload) {
  return (record_head_bytes + payload + record_alignment - 1) & ~std::uint64_t{record_alignment - 1};
}

std::atomic_ref<std::uint64_t> word_at(std::byte* at) { return std::atomic_ref(*reinterpret_cast<std::uint64_t*>(at)); }

// Word by word: a wider store could not be told from one of the commit word, which the reader looks at.
void write_behind_commit(std::byte* to, const RecordWords& words) {
  for (std::size_t i = 1; i < words.size(); ++i) std::memcpy(to + i * sizeof words[i], &words[i], sizeof words[i]);
}

}  // namespace

RingWriter::RingWriter(const OwnSegment& own, const PeerSegment& peer)
    : ring_(own.ring()),
      peer_position_(&peer.head().read_position),
      size_(own.ring_bytes),
      mask_(own.ring_bytes - 1),
      longest_(longest_payload(own.ring_bytes)) {}

bool RingWriter::put(const RecordHeader& address, Gather& payload, std::uint8_t fds) {
  const auto length = payload.left() < longest_ ? static_cast<std::uint32_t>(payload.left()) : longest_;
  return append(RecordHead{0, address, length, static_cast<std::uint32_t>(payload.left() - length), false, fds}, payload);
}

bool RingWriter::admits_place() {
  full_ = !has_room(2 * record_alignment);
  return !full_;
}

void RingWriter::put_place(const RecordHead& head, const PoolPlace& place) {
  const Bytes parts[] = {std::as_bytes(std::span(&place, 1))};
  Gather payload(parts);
  (void)append(head, payload);
}

bool RingWriter::append(const RecordHead& head, Gather& payload) {
  const auto bytes = record_bytes(inside(head));
  const auto to_end = size_ - (position_ & mask_);
  const auto skipped = bytes > to_end ? to_end : 0;
  full_ = !has_room(skipped + bytes + record_alignment);
  if (full_) return false;
  if (skipped > 0) skip(static_cast<std::uint32_t>(skipped));
  write(head, payload);
  commit(position_ + bytes);
  return true;
}

// The reader is looking at the first line of a batch: touched twice, it would travel twice. It is kept back until the
// batch is published.
void RingWriter::write(const RecordHead& head, Gather& payload) {
  std::byte* to = at(position_);
  const bool first = write_words(to_words(head));
  const auto length = inside(head);
  const auto lead = length < line_payload ? length : line_payload;
  payload.take(first ? held_payload_ : to + record_head_bytes, lead);
  payload.take(to + record_alignment, length - lead);
}

// True: they are kept back, and so must be the rest of their line.
bool RingWriter::write_words(const RecordWords& words) {
  const bool first = position_ == published_;
  if (first) {
    held_words_ = words;
  } else {
    write_behind_commit(at(position_), words);
  }
  return first;
}

// The word after the record is cleared before the record can be seen: what an older payload left there could pass for
// a record.
void RingWriter::commit(std::uint64_t next) {
  if (next >= cleared_) clear_to(next + record_alignment, next);
  if (position_ != published_) word_at(at(position_)).store(position_ + 1, std::memory_order_relaxed);
  position_ = next;
}

void RingWriter::clear_to(std::uint64_t end, std::uint64_t from) {
  for (; from < end; from += record_alignment) word_at(at(from)).store(0, std::memory_order_relaxed);
  cleared_ = end;
}

void RingWriter::skip(std::uint32_t bytes) {
  write_words(to_words({0, {}, skip_length, 0}));
  commit(position_ + bytes);
}

bool RingWriter::publish() {
  if (position_ == published_) return false;
  std::byte* line = at(published_);
  write_behind_commit(line, held_words_);
  std::memcpy(line + record_head_bytes, held_payload_, line_payload);
  word_at(line).store(published_ + 1, commit_order);
  published_ = position_;
  return true;
}

void RingWriter::warm() {
  const auto end = position_ + (1 + warm_lines) * record_alignment;
  if (end <= cleared_ || end - read_ > size_) return;
  clear_to(end, cleared_ > position_ ? cleared_ : position_ + record_alignment);
}

bool RingWriter::has_room(std::uint64_t bytes) {
  if (position_ + bytes - read_ <= size_) return true;
  look_at_peer();
  return position_ + bytes - read_ <= size_;
}

bool RingWriter::room_now() { return has_room(2 * record_bytes(longest_) + record_alignment); }

void RingWriter::look_at_peer() {
  const auto read = peer_position_->load(std::memory_order_acquire);
  if (read < read_ || read > published_ || read % record_alignment != 0) {
    lied_ = true;
  } else {
    read_ = read;
  }
}

RingReader::RingReader(const PeerSegment& peer, const OwnSegment& own)
    : ring_(peer.ring()),
      own_position_(&own.head().read_position),
      size_(peer.ring_bytes),
      mask_(peer.ring_bytes - 1),
      longest_(longest_payload(peer.ring_bytes)) {}

const std::atomic<std::uint64_t>& RingReader::word() const {
  return *reinterpret_cast<const std::atomic<std::uint64_t>*>(at());
}

RingReader::Look RingReader::look() {
  const auto commit = word().load(std::memory_order_acquire);
  if (commit == 0) return Look::nothing;
  if (commit != position_ + 1) return refuse("A record's commit word is not its position.");
  copy_head();
  return head_.length == skip_length ? skip() : check();
}

// Word by word, so that no compiler reads any of them a second time.
void RingReader::copy_head() {
  RecordWords words;
  const auto* from = reinterpret_cast<const std::atomic<std::uint64_t>*>(at());
  for (std::size_t i = 0; i < words.size(); ++i) words[i] = from[i].load(std::memory_order_relaxed);
  head_ = from_words(words);
}

RingReader::Look RingReader::check() {
  if (inside(head_) > longest_) return refuse("A record is longer than a record may be.");
  if (head_.elsewhere && (head_.length == 0 || head_.length > max_pool_bytes)) {
    return refuse("A record names more than a pool holds, or nothing.");
  }
  if (record_bytes(inside(head_)) > size_ - (position_ & mask_)) return refuse("A record passes the ring's end.");
  return Look::record;
}

RingReader::Look RingReader::skip() {
  const auto offset = position_ & mask_;
  if (offset == 0) return refuse("A whole ring is skipped.");
  position_ += size_ - offset;
  return look();
}

RingReader::Look RingReader::refuse(const char* why) {
  lie_ = why;
  return Look::lie;
}

void RingReader::copy(std::byte* to) const {
  copy_bytes(to, at() + record_head_bytes, head_.length);
  std::atomic_signal_fence(std::memory_order_seq_cst);  // the copy is made here, and what follows reads the copy
}

PoolPlace RingReader::place() const {
  PoolPlace place;
  std::memcpy(&place, at() + record_head_bytes, sizeof place);
  std::atomic_signal_fence(std::memory_order_seq_cst);
  return place;
}

void RingReader::pop() {
  position_ += record_bytes(inside(head_));
  if (position_ - released_ >= size_ / release_parts) release();
}

bool RingReader::release() {
  if (position_ == released_) return false;
  own_position_->store(position_, std::memory_order_release);
  released_ = position_;
  returned_ = true;
  return true;
}

bool RingReader::released() { return std::exchange(returned_, false); }

}  // namespace mullion::transport
