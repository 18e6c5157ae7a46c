#include "transport/assembly.hpp"

#include <new>

namespace mullion::transport {
namespace {

bool same(const RecordHeader& a, const RecordHeader& b) {
  return a.port == b.port && a.epoch == b.epoch && a.kind == b.kind && a.flags == b.flags;
}

}  // namespace

Assembly::Assembly(std::uint32_t longest_record, std::size_t message_limit)
    : longest_record_(longest_record), limit_(message_limit) {}

std::byte* Assembly::place(const RecordHead& head) {
  if (head.length > longest_record_) return refuse("A record is longer than a record may be.");
  if (several_) {
    if (!continues(head)) return refuse("A message's records do not belong together.");
    return message_.get() + have_;
  }
  return begin(head) ? (several_ ? message_.get() : record_.get()) : nullptr;
}

bool Assembly::begin(const RecordHead& head) {
  total_ = std::size_t{head.length} + head.rest;
  have_ = 0;
  header_ = head.address;
  if (total_ > limit_) return refuse("A message is longer than this side accepts.");
  if (head.rest > 0 && head.length == 0) return refuse("A record is empty and yet not its message's last.");
  several_ = head.rest > 0;
  // Not touched before it is written, so what is only announced takes no memory.
  Buffer& buffer = several_ ? message_ : record_;
  if (!buffer) buffer.reset(new (std::nothrow) std::byte[several_ ? total_ : longest_record_]);
  return buffer || refuse("There is no memory for a message.");
}

bool Assembly::continues(const RecordHead& head) const {
  return same(head.address, header_) && head.length > 0 && have_ + head.length + head.rest == total_;
}

bool Assembly::add(const RecordHead& head) {
  have_ += head.length;
  if (head.rest > 0) return false;
  payload_ = Bytes(several_ ? message_.get() : record_.get(), total_);
  several_ = false;
  return true;
}

void Assembly::drop() {
  payload_ = {};
  message_.reset();
}

std::byte* Assembly::refuse(const char* why) {
  lie_ = why;
  return nullptr;
}

}  // namespace mullion::transport
