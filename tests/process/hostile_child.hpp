// A utility process that tries what an isolated one must not do.
#pragma once

#include "mullion/utility.hpp"

namespace mullion::test {

// Takes orders {try, pid, fd, name} and answers each with what came of it: "done", or errno's name.
Task<Result<>> hostile(utility::Process& process);
// What an honest one may expect: answers "all well", or what failed.
Task<Result<>> honest(utility::Process& process);

}  // namespace mullion::test
