// What stands before every payload, as this side copied it.
#pragma once

#include <array>
#include <cstdint>

#include "mullion/transport/link.hpp"

namespace mullion::transport {

inline constexpr std::uint32_t record_head_bytes = 32;
inline constexpr std::uint32_t max_message_bytes = 1024 * 1024 * 1024;

using RecordWords = std::array<std::uint64_t, record_head_bytes / sizeof(std::uint64_t)>;

struct RecordHead {
  std::uint64_t commit = 0;
  RecordHeader address;
  std::uint32_t length = 0;
  std::uint32_t rest = 0;
  bool elsewhere = false;  // the payload lies in the pool, and a PoolPlace here
  std::uint8_t fds = 0;    // that the message brings; only its first record says so
};

struct PoolPlace {
  std::uint32_t generation = 0;
  std::uint32_t offset = 0;
};

// Bytes of payload between the record's head and the next record.
inline constexpr std::uint32_t inside(const RecordHead& head) {
  return head.elsewhere ? sizeof(PoolPlace) : head.length;
}

}  // namespace mullion::transport
