// One of Chromium's processes, which this program's executable was started for.
#pragma once

#include "mullion/backend.hpp"
#include "mullion/base/unique_fd.hpp"

namespace mullion::cef {

// Runs it to its end and answers its exit code. A renderer says hello over `hello`.
int run_process(int argc, char** argv, backend::ProcessHost& host, UniqueFd hello);

}  // namespace mullion::cef
