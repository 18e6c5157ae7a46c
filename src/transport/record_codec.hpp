// RecordHead to and from the wire's Record.
#pragma once

#include <cstddef>
#include <cstring>

#include "protocol/link_generated.h"
#include "transport/record.hpp"

namespace mullion::transport {

static_assert(sizeof(wire::Record) == record_head_bytes);

inline void write_head(std::byte* to, const RecordHead& head) {
  const RecordHeader& a = head.address;
  const wire::Record record(head.commit, a.port, a.epoch, a.kind, a.flags, head.length, head.rest);
  std::memcpy(to, &record, sizeof record);
}

// All but the commit word, which the reader may be looking at.
inline void write_head_behind_commit(std::byte* to, const RecordHead& head) {
  std::byte copy[record_head_bytes];
  write_head(copy, head);
  std::memcpy(to + sizeof head.commit, copy + sizeof head.commit, sizeof copy - sizeof head.commit);
}

inline RecordHead read_head(const std::byte* from) {
  wire::Record record;
  std::memcpy(static_cast<void*>(&record), from, sizeof record);
  return {record.commit(),
          {.port = record.port(), .epoch = record.epoch(), .kind = record.kind(), .flags = record.flags()},
          record.length(),
          record.rest()};
}

}  // namespace mullion::transport
