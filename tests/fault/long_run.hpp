// MULLION_LONG=1 in the environment asks for what is too long for every day.
#pragma once

#include <cstdint>
#include <cstdlib>

namespace mullion::fault {

inline bool long_run() { return std::getenv("MULLION_LONG") != nullptr; }

// A sanitizer makes each process many times as slow.
#ifdef __SANITIZE_ADDRESS__
inline constexpr std::uint32_t calls_at_once = 7;
#else
inline constexpr std::uint32_t calls_at_once = 1;
#endif

}  // namespace mullion::fault
