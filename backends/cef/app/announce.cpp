#include "cef/app/announce.hpp"

#include <pthread.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstring>
#include <utility>

namespace mullion::cef {

namespace {

// A fork's child knows nothing else.
char path_of_forks[sizeof(sockaddr_un::sun_path)];
bool forks_announce = false;

void forked() {
  if (std::exchange(forks_announce, false)) announce(path_of_forks);
}

}  // namespace

UniqueFd connect_to(const char* path) {
  sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
  if (std::strlen(path) >= sizeof address.sun_path) return {};
  std::strcpy(address.sun_path, path);
  UniqueFd socket(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
  if (socket && connect(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) socket.reset();
  return socket;
}

void announce(const char* path) { (void)connect_to(path); }

void announce_forks(const char* path) {
  if (std::strlen(path) >= sizeof path_of_forks) return;
  std::strcpy(path_of_forks, path);
  forks_announce = pthread_atfork(nullptr, nullptr, forked) == 0;
}

}  // namespace mullion::cef
