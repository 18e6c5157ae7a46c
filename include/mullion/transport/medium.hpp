// What carries a link's records.
#pragma once

#include <cstdint>
#include <string_view>

#include "mullion/base/error.hpp"

namespace mullion::transport {

enum class Medium : std::uint8_t {
  automatic,   // "auto": shared memory, or the pipe where that cannot be had
  shm,         // "shm": a ring in sealed memory for each direction
  pipe,        // "pipe": a second socket
  in_process,  // "in-process": both ends live in this process
};

std::string_view to_string(Medium medium);
Result<Medium> parse_medium(std::string_view name);  // `invalid` names what was given and what there is

}  // namespace mullion::transport
