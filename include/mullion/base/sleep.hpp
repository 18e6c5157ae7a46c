// Waiting for time to pass, in a coroutine.
#pragma once

#include "mullion/base/loop.hpp"
#include "mullion/base/task.hpp"

namespace mullion {

// Done after so many milliseconds, counted from its start. The loop must outlive the start; when it ends first, the
// task waits until it is destroyed. Loop thread.
Task<void> sleep_for(Loop& loop, std::uint64_t milliseconds);

}  // namespace mullion
