#include "process/ends.hpp"

namespace mullion::process {

Result<std::vector<node::EndId>> ends_of(MessagePort** ports, std::size_t count) {
  std::vector<node::EndId> ends;
  for (std::size_t i = 0; i < count; ++i) {
    if (!*ports[i])
      return std::unexpected(Error{.kind = Kind::invalid,
                                   .code = "port",
                                   .message = "Port at index " + std::to_string(i) + " is not a valid port"});
    ends.push_back(ports[i]->end());
  }
  return ends;
}

void given_away(MessagePort** ports, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) ports[i]->release();
}

std::vector<MessagePort> ports_of(const std::shared_ptr<node::Node>& node, std::span<const node::EndId> ends) {
  std::vector<MessagePort> ports;
  for (auto end : ends) ports.emplace_back(node, end);
  return ports;
}

std::vector<MessagePort*> pointers(std::vector<MessagePort>& ports) {
  std::vector<MessagePort*> each;
  for (auto& port : ports) each.push_back(&port);
  return each;
}

}  // namespace mullion::process
