// How a process that others started and the broker find each other over a socket pair that the process made.
#pragma once

#include "mullion/node/broker.hpp"
#include "node/spawn.hpp"

namespace mullion::node {

// The broker's: whose socket it is.
Result<Spawned> maker_of(int socket);
Result<> send_welcome(int socket, NodeId id, std::uint32_t ends);

// The process's.
Result<Inherited> await_welcome(int socket, int timeout_ms);

}  // namespace mullion::node
