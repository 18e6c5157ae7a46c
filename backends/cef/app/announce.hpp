// How main learns of Chromium's processes that show no page, of which CEF tells nothing: each connects once to a socket
// of main's, and the kernel says which process that is.
#pragma once

#include "mullion/base/unique_fd.hpp"

namespace mullion::cef {

// Empty when it cannot be reached. Nothing is allocated, so a process that was just forked may call it.
UniqueFd connect_to(const char* path);

// This process is one of them.
void announce(const char* path);
// So is each that is forked off this one from now on, though not what those fork.
void announce_forks(const char* path);

}  // namespace mullion::cef
