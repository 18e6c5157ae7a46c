// The end of a process that main did not start: Chromium did.
#pragma once

#include <string>

#include "mullion/base/unique_fd.hpp"

namespace mullion::cef {

// In Electron's words.
struct ProcessEnd {
  std::string reason;  // "clean-exit", "abnormal-exit", "killed", "crashed"
  int code = 0;        // exit code, or the signal's number
};

// Readable when the process has ended. Empty when there is none.
UniqueFd open_process(int pid);
bool has_ended(const UniqueFd& process);
// Of one that has ended. Who collected it knows how; the kernel tells others before that, and from 6.15 on afterwards
// too. What nobody knows is "abnormal-exit".
ProcessEnd end_of(const UniqueFd& process, int pid);

}  // namespace mullion::cef
