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
};

}  // namespace mullion::transport
