// Between MessagePorts, which own, and the ends that a node knows.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "mullion/ipc/port.hpp"
#include "mullion/node/node.hpp"

namespace mullion::process {

// The ends of ports that are about to be sent; the ports still own them. `invalid` names one that is empty.
Result<std::vector<node::EndId>> ends_of(MessagePort** ports, std::size_t count);

// They were sent: the ports own nothing any more.
void given_away(MessagePort** ports, std::size_t count);

std::vector<MessagePort> ports_of(const std::shared_ptr<node::Node>& node, std::span<const node::EndId> ends);

// Pointers to each, for calls that take some of several.
std::vector<MessagePort*> pointers(std::vector<MessagePort>& ports);

}  // namespace mullion::process
