#include "transport/wire.hpp"

#include <string>
#include <utility>

namespace mullion::transport {

Error protocol_error(std::string message) { return Error{Kind::disconnected, "protocol", std::move(message)}; }

Error closed_error() { return Error{Kind::disconnected, "closed", "The other side of the link has hung up."}; }

Result<> check_control(Bytes message, std::span<const UniqueFd> fds) {
  if (message.size() > max_control_bytes) {
    return std::unexpected(Error{Kind::invalid, "too-large",
                                 "A control message of " + std::to_string(message.size()) + " bytes is over the limit of " +
                                     std::to_string(max_control_bytes) + "."});
  }
  if (fds.size() > max_control_fds) {
    return std::unexpected(Error{Kind::invalid, "too-many-descriptors",
                                 "A control message with " + std::to_string(fds.size()) +
                                     " descriptors is over the limit of " + std::to_string(max_control_fds) + "."});
  }
  for (const UniqueFd& fd : fds) {
    if (!fd) return std::unexpected(Error{Kind::invalid, "descriptor", "A descriptor to be sent is empty."});
  }
  return {};
}

}  // namespace mullion::transport
