// A socket with a path, and who is at its other end. A path, because a zygote has a network namespace of its own and
// finds no other.
#pragma once

#include <string>

#include "mullion/base/error.hpp"
#include "mullion/base/unique_fd.hpp"

namespace mullion::cef {

// Takes connections of this user's processes alone.
Result<UniqueFd> listen_at(const std::string& path);
// Nothing when nobody waits.
UniqueFd accept_from(int listener);
// The process that made or connected this socket, as the kernel knows it; 0 when it is no socket of this user's.
int maker_of(int socket);

}  // namespace mullion::cef
