// The role utility: one entry, from its start message to its end.
#pragma once

#include "mullion/common.hpp"
#include "mullion/node/broker.hpp"
#include "process/isolation.hpp"

namespace mullion::process {

// Closes what is left open of its isolation, if it has any, and runs until the entry ends (0, or 1 with a line on
// stderr), exit() is called, or main is gone.
int run_utility(Loop& loop, node::ChildNode& child, const Program& program, Isolating isolating);

}  // namespace mullion::process
