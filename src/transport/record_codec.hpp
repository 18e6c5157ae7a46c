// RecordHead to and from the wire's Record, in whole words: no part of it is stored narrower than it is loaded.
#pragma once

#include <bit>
#include <cstddef>
#include <cstring>

#include "protocol/link_generated.h"
#include "transport/pool.hpp"
#include "transport/record.hpp"

namespace mullion::transport {

static_assert(sizeof(wire::Record) == record_head_bytes);
static_assert(std::endian::native == std::endian::little, "wire::Record is read and written in words");

static_assert(sizeof(wire::Place) == sizeof(PoolPlace));

inline constexpr std::uint32_t skip_length = 0xffffffff;  // nothing here, the ring goes on at its start
inline constexpr std::uint32_t elsewhere_bit = 0x80000000;
inline constexpr int fds_shift = 26;
inline constexpr std::uint32_t most_fds = 0x1f;
inline constexpr std::uint32_t length_mask = (1U << fds_shift) - 1;
static_assert(max_pool_bytes <= length_mask && max_record_fds < most_fds);

inline RecordWords to_words(const RecordHead& head) {
  const RecordHeader& a = head.address;
  return {head.commit, a.port, a.epoch | std::uint64_t{a.kind} << 32 | std::uint64_t{a.flags} << 48,
          head.length | (head.elsewhere ? elsewhere_bit : 0) | std::uint64_t{head.fds} << fds_shift |
              std::uint64_t{head.rest} << 32};
}

inline RecordHead from_words(const RecordWords& words) {
  const auto length = static_cast<std::uint32_t>(words[3]);
  const bool skip = length == skip_length;
  return {words[0],
          {.port = words[1],
           .epoch = static_cast<std::uint32_t>(words[2]),
           .kind = static_cast<std::uint16_t>(words[2] >> 32),
           .flags = static_cast<std::uint16_t>(words[2] >> 48)},
          skip ? length : length & length_mask,
          static_cast<std::uint32_t>(words[3] >> 32),
          !skip && (length & elsewhere_bit) != 0,
          static_cast<std::uint8_t>(length >> fds_shift & most_fds)};
}

inline void write_head(std::byte* to, const RecordHead& head) {
  const RecordWords words = to_words(head);
  std::memcpy(to, words.data(), sizeof words);
}

inline RecordHead read_head(const std::byte* from) {
  RecordWords words;
  std::memcpy(words.data(), from, sizeof words);
  return from_words(words);
}

}  // namespace mullion::transport
