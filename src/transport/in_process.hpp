// Two ends in one process, without a descriptor.
#pragma once

#include <memory>
#include <utility>

#include "transport/core.hpp"

namespace mullion::transport {

std::pair<std::shared_ptr<Core>, std::shared_ptr<Core>> join_in_process(Loop& a, Loop& b, const LinkOptions& options);

}  // namespace mullion::transport
