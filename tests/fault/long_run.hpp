// MULLION_LONG=1 in the environment asks for what is too long for every day.
#pragma once

#include <cstdlib>

namespace mullion::fault {

inline bool long_run() { return std::getenv("MULLION_LONG") != nullptr; }

}  // namespace mullion::fault
