// What the children of the rows about roles do.
#pragma once

#include "mullion/common.hpp"

namespace mullion::bench {

Result<> invoke_preload(preload::Context& context);       // calls main by a typed channel, and measures
Task<Result<>> hello_utility(utility::Process& process);  // says one word and ends
Task<Result<>> returns_utility(utility::Process& process);  // gets a port, and returns what it brings

}  // namespace mullion::bench
