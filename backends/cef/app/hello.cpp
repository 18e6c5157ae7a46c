#include "cef/app/hello.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <string>

namespace mullion::cef {

namespace {

using Clock = std::chrono::steady_clock;

struct Words {
  std::uint32_t magic = 0;
  std::int32_t child = 0;
};

constexpr std::uint32_t magic = 0x4d554c31;
constexpr std::chrono::seconds patience(10);

union Control {
  cmsghdr align;
  char bytes[CMSG_SPACE(sizeof(int))];
};

msghdr message_of(iovec& words, Control& control) {
  msghdr message{};
  message.msg_iov = &words;
  message.msg_iovlen = 1;
  message.msg_control = control.bytes;
  message.msg_controllen = sizeof control.bytes;
  return message;
}

// The one descriptor of a message that fits; the kernel has closed what did not.
UniqueFd take_descriptor(msghdr& message) {
  auto* header = CMSG_FIRSTHDR(&message);
  if (!header || header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS ||
      header->cmsg_len != CMSG_LEN(sizeof(int)))
    return {};
  int fd = -1;
  std::memcpy(&fd, CMSG_DATA(header), sizeof fd);
  return UniqueFd(fd);
}

// Others write there too, and one of them may wish that nobody else gets to: it cannot be outrun, but outlasted.
bool send_patiently(int socket, const msghdr& message) {
  for (auto late = Clock::now() + patience; Clock::now() < late;) {
    if (sendmsg(socket, &message, MSG_NOSIGNAL) >= 0) return true;
    if (errno != EAGAIN && errno != ENOBUFS && errno != ETOOMANYREFS && errno != EINTR) return false;
    bool full = errno == EAGAIN;
    pollfd room{.fd = full ? socket : -1, .events = POLLOUT, .revents = 0};
    poll(&room, 1, full ? 10 : 1);
  }
  return false;
}

}  // namespace

Result<> send_hello(int socket, Hello hello) {
  Words words{magic, hello.child};
  iovec part{&words, sizeof words};
  Control control{};
  auto message = message_of(part, control);
  auto* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof(int));
  int fd = hello.link.get();
  std::memcpy(CMSG_DATA(header), &fd, sizeof fd);
  if (send_patiently(socket, message)) return {};
  return std::unexpected(Error{.kind = Kind::disconnected,
                               .code = "hello",
                               .message = "main does not take this renderer: " + std::string(std::strerror(errno))});
}

Heard receive_hello(int socket) {
  Words words{};
  iovec part{&words, sizeof words};
  Control control{};
  auto message = message_of(part, control);
  auto size = recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  if (size < 0) return {.ended = errno != EAGAIN && errno != EINTR};
  if (size == 0) return {.ended = true};
  auto fd = take_descriptor(message);
  bool whole = size == static_cast<ssize_t>(sizeof words) && !(message.msg_flags & (MSG_TRUNC | MSG_CTRUNC));
  if (!whole || !fd || words.magic != magic || words.child <= 0) return {.stray = std::move(fd), .again = true};
  return {.hello = Hello{words.child, std::move(fd)}, .again = true};
}

}  // namespace mullion::cef
