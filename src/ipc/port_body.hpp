// What a port's message holds: a value in the clone format (its first byte is 1), or raw bytes after a 0.
#pragma once

#include <array>
#include <cstddef>
#include <span>

#include "mullion/ipc/value.hpp"

namespace mullion::detail {

inline constexpr std::array<std::byte, 1> raw_mark{std::byte{0}};

inline bool is_raw(std::span<const std::byte> body) { return !body.empty() && body[0] == raw_mark[0]; }

// The value of a body from anybody, with so many ports and buffers beside it.
Result<Value> read_body(std::span<const std::byte> body, std::size_t ports, std::size_t buffers = 0);

}  // namespace mullion::detail
