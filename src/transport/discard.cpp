#include "transport/discard.hpp"

#include <sys/socket.h>

#include <thread>
#include <utility>

namespace mullion::transport {
void discard(std::vector<UniqueFd> fds) {
  std::erase_if(fds, [](const UniqueFd& fd) { return !fd; });
  if (fds.empty()) return;
  try {
    std::thread([held = std::move(fds)]() mutable { held.clear(); }).detach();
  } catch (...) {  // no thread can be had: the caller's frame closes them
  }
}

void discard_socket(UniqueFd socket, bool read_to_end) {
  if (!socket) return;
  shutdown(socket.get(), SHUT_RDWR);
  if (read_to_end) return;
  std::vector<UniqueFd> held;
  held.push_back(std::move(socket));
  discard(std::move(held));
}

}  // namespace mullion::transport
