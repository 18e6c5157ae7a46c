// The clone format's tags. src/protocol/clone.md is the specification.
#pragma once

#include <cstdint>

namespace mullion::clone {

inline constexpr std::uint8_t version = 1;

enum class Tag : std::uint8_t {
  undefined = 0x00,
  null = 0x01,
  boolean_false = 0x02,
  boolean_true = 0x03,
  int32 = 0x04,
  number = 0x05,
  bigint = 0x06,
  string = 0x07,
  string16 = 0x08,
  buffer = 0x09,
  view = 0x0A,
  date = 0x0B,
  regexp = 0x0C,
  error = 0x0D,
  array = 0x0E,
  object = 0x10,
  map = 0x11,
  set = 0x12,
  reference = 0x13,
  port = 0x14,
  boxed = 0x15,
  hole = 0x16,
  shared_buffer = 0x1B,
};

}  // namespace mullion::clone
