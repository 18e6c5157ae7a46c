// The role utility: one entry, from its start message to its end.
#pragma once

#include "mullion/common.hpp"
#include "mullion/node/broker.hpp"

namespace mullion::process {

// Runs until the entry ends (0, or 1 with a line on stderr), exit() is called, or main is gone.
int run_utility(Loop& loop, node::ChildNode& child, const Program& program);

}  // namespace mullion::process
