#include "transport/assembly.hpp"

#include <new>
#include <utility>

namespace mullion::transport {
namespace {

bool same(const RecordHeader& a, const RecordHeader& b) {
  return a.port == b.port && a.epoch == b.epoch && a.kind == b.kind && a.flags == b.flags;
}

// Where this thread's last long message was, for its next one: fresh memory costs more than the copy into it.
struct Spare {
  std::unique_ptr<std::byte[]> bytes;
  std::size_t size = 0;
};
constexpr std::size_t longest_spare = 4 * 1024 * 1024;
thread_local Spare spare;

}  // namespace

Assembly::Assembly(std::uint32_t longest_record, std::size_t message_limit)
    : longest_record_(longest_record), limit_(message_limit) {}

std::byte* Assembly::place(const RecordHead& head) {
  if (is_plain(head)) return begin_plain(head);
  if (!head.elsewhere && head.length > longest_record_) return refuse("A record is longer than a record may be.");
  if (have_ > 0) {
    if (!continues(head)) return refuse("A message's records do not belong together.");
    return room() + have_;
  }
  return begin(head) ? room() : nullptr;
}

// A message of one record, as most are, of which nothing can be wrong and for which all is there.
bool Assembly::is_plain(const RecordHead& head) const {
  return have_ == 0 && head.rest == 0 && !head.elsewhere && head.fds == 0 && record_ &&
         head.length <= longest_record_ && head.length <= limit_;
}

std::byte* Assembly::begin_plain(const RecordHead& head) {
  total_ = head.length;
  header_ = head.address;
  fds_ = 0;
  long_ = false;
  return record_.get();
}

bool Assembly::begin(const RecordHead& head) {
  total_ = std::size_t{head.length} + head.rest;
  header_ = head.address;
  fds_ = head.fds;
  if (total_ > limit_) return refuse("A message is longer than this side accepts.");
  if (fds_ > max_record_fds) return refuse("A record brings more descriptors than one may.");
  if (head.rest > 0 && head.length == 0) return refuse("A record is empty and yet not its message's last.");
  long_ = total_ > longest_record_;
  short_of_memory_ = !make_room();
  return !short_of_memory_ || refuse("There is no memory for a message.");
}

// Not touched before it is written, so what is only announced takes no memory.
bool Assembly::make_room() {
  if (!long_) {
    if (!record_) record_.reset(new (std::nothrow) std::byte[longest_record_]);
    return static_cast<bool>(record_);
  }
  if (spare.size >= total_) {
    message_ = std::move(spare.bytes);
    message_room_ = std::exchange(spare.size, 0);
  } else {
    message_.reset(new (std::nothrow) std::byte[total_]);
    message_room_ = total_;
  }
  return static_cast<bool>(message_);
}

bool Assembly::continues(const RecordHead& head) const {
  return same(head.address, header_) && head.length > 0 && head.fds == 0 && have_ + head.length + head.rest == total_;
}

bool Assembly::add(const RecordHead& head) {
  have_ += head.length;
  if (head.rest > 0) return false;
  payload_ = Bytes(room(), total_);
  have_ = 0;
  return true;
}

void Assembly::drop() {
  payload_ = {};
  if (message_ && message_room_ > spare.size && message_room_ <= longest_spare)
    spare = {std::move(message_), message_room_};
  message_.reset();
}

std::byte* Assembly::refuse(const char* why) {
  lie_ = why;
  return nullptr;
}

}  // namespace mullion::transport
