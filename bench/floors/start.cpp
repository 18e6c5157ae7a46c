#include <fcntl.h>
#include <unistd.h>

#include "floors/floors.hpp"

namespace mullion::bench::floors {

Result<> drive_start(Session& session) {
  bool more = true;
  while (more) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0) return std::unexpected(errno_error("pipe2"));
    UniqueFd read_end(ends[0]), write_end(ends[1]);
    const int fds[] = {write_end.get()};
    session.start();
    auto started = start_self({"--peer-of=" + std::string(session.row().name)}, fds);
    if (!started) return std::unexpected(started.error());
    char byte = 0;
    if (read(read_end.get(), &byte, 1) != 1 || byte != 'h') return std::unexpected(wrong_bytes("the driver"));
    more = session.stop();
  }
  return {};
}

Result<> answer_start(const Peer& peer) {
  const auto end = peer.fd(0);
  if (write(end.get(), "h", 1) != 1) return std::unexpected(errno_error("write"));
  return {};
}

}  // namespace mullion::bench::floors
