// Closing what a peer sent: closing a stranger's descriptor can take seconds, and no loop may wait for it.
#pragma once

#include <vector>

#include "mullion/base/unique_fd.hpp"

namespace mullion::transport {

// Closes them on a thread of their own.
void discard(std::vector<UniqueFd> fds);

// Hangs up. A socket that was not read to its end may hold descriptors, and is closed as they are.
void discard_socket(UniqueFd socket, bool read_to_end);

}  // namespace mullion::transport
