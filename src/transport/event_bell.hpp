// The doorbell between two processes that trust each other: an eventfd for each direction.
#pragma once

#include <memory>

#include "mullion/base/loop.hpp"
#include "mullion/base/unique_fd.hpp"
#include "transport/bell.hpp"
#include "transport/owner.hpp"

namespace mullion::transport {

Result<UniqueFd> make_event();
Result<UniqueFd> same_event(const UniqueFd& event);  // another descriptor for it, for the peer

std::unique_ptr<Bell> event_bell(UniqueFd peers);
// Hears the peer until the result ends.
Result<std::shared_ptr<void>> event_ear(Loop& loop, UniqueFd own, Owner& owner);

}  // namespace mullion::transport
