// 1 MiB each way without a copy between: memory that both ends have, and memory that is made anew for each way.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "floors/floors.hpp"
#include "floors/uv_end.hpp"
#include "harness/load.hpp"
#include "harness/shared.hpp"

namespace mullion::bench::floors {
namespace {

constexpr int every_seal = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL;

struct Hall {
  std::byte bytes[load_bytes];
};

// A socket in the loop of each end; one byte, and perhaps a descriptor, is a message.
struct Sockets {
  UniqueFd ours, theirs;

  static Result<Sockets> make() {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0) {
      return std::unexpected(errno_error("socketpair"));
    }
    return Sockets{UniqueFd(ends[0]), UniqueFd(ends[1])};
  }
};

// One byte, and room for a descriptor.
struct Letter {
  Letter() {
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = space;
    message.msg_controllen = sizeof space;
  }
  char bell = 1;
  iovec part{&bell, 1};
  msghdr message{};
  alignas(cmsghdr) char space[CMSG_SPACE(sizeof(int))]{};
};

bool ring(int socket) {
  const char bell = 1;
  return send(socket, &bell, 1, MSG_DONTWAIT | MSG_NOSIGNAL) == 1;
}

bool heard(int socket) {
  char bell = 0;
  return recv(socket, &bell, 1, MSG_DONTWAIT) == 1;
}

bool hand_over(int socket, const UniqueFd& memory) {
  Letter letter;
  cmsghdr* head = CMSG_FIRSTHDR(&letter.message);
  head->cmsg_level = SOL_SOCKET;
  head->cmsg_type = SCM_RIGHTS;
  head->cmsg_len = CMSG_LEN(sizeof(int));
  const int fd = memory.get();
  std::memcpy(CMSG_DATA(head), &fd, sizeof fd);
  return sendmsg(socket, &letter.message, MSG_DONTWAIT | MSG_NOSIGNAL) == 1;
}

UniqueFd take_over(int socket) {
  Letter letter;
  msghdr& message = letter.message;
  if (recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC) != 1 || !CMSG_FIRSTHDR(&message)) return {};
  int fd = -1;
  std::memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof fd);
  return UniqueFd(fd);
}

// Filled by `fill`, and sealed.
template <class F>
UniqueFd fresh(F fill) {
  UniqueFd fd(memfd_create("bench", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (ftruncate(fd.get(), load_bytes) < 0) return {};
  void* start = mmap(nullptr, load_bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd.get(), 0);
  if (start == MAP_FAILED) return {};
  fill(std::span(static_cast<std::byte*>(start), load_bytes));
  munmap(start, load_bytes);
  if (fcntl(fd.get(), F_ADD_SEALS, every_seal) < 0) return {};
  return fd;
}

template <class F>
bool look_at(const UniqueFd& fd, F look) {
  if (fcntl(fd.get(), F_GET_SEALS) != every_seal) return false;
  void* start = mmap(nullptr, load_bytes, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd.get(), 0);
  if (start == MAP_FAILED) return false;
  look(std::span<const std::byte>(static_cast<const std::byte*>(start), load_bytes));
  munmap(start, load_bytes);
  return true;
}

}  // namespace

Result<> drive_in_place(Session& session) {
  auto memory = Memory::create(sizeof(Hall));
  if (!memory) return std::unexpected(memory.error());
  auto sockets = Sockets::make();
  if (!sockets) return std::unexpected(sockets.error());
  const int fds[] = {memory->fd(), sockets->theirs.get()};
  auto peer = start_peer(session.row().name, fds);
  if (!peer) return std::unexpected(peer.error());
  auto& hall = memory->as<Hall>();
  UvEnd end(sockets->ours.get());
  Load load;
  std::uint64_t turn = 1;
  auto play = [&] {
    const auto bytes = load.fill(turn++);
    session.start();
    std::memcpy(hall.bytes, bytes.data(), load_bytes);
    ring(sockets->ours.get());
  };
  play();
  return end.run([&] {
    const bool more = heard(sockets->ours.get()) && session.stop();
    turn_over(hall.bytes);
    if (!load.same(hall.bytes)) return end.stop(std::unexpected(wrong_bytes("the driver")));
    more ? play() : end.stop();
  });
}

Result<> answer_in_place(const Peer& peer) {
  auto memory = Memory::open(peer.fd(0), sizeof(Hall));
  if (!memory) return std::unexpected(memory.error());
  const auto socket = peer.fd(1);
  auto& hall = memory->as<Hall>();
  UvEnd end(socket.get());
  return end.run([&] {
    if (!heard(socket.get())) return end.stop();
    turn_over(hall.bytes);
    ring(socket.get());
  });
}

Result<> drive_fresh(Session& session) {
  auto sockets = Sockets::make();
  if (!sockets) return std::unexpected(sockets.error());
  const int fds[] = {sockets->theirs.get()};
  auto peer = start_peer(session.row().name, fds);
  if (!peer) return std::unexpected(peer.error());
  UvEnd end(sockets->ours.get());
  Load load;
  std::vector<std::byte> arrived(load_bytes);
  std::uint64_t turn = 1;
  auto play = [&] {
    const auto bytes = load.fill(turn++);
    session.start();
    hand_over(sockets->ours.get(),
              fresh([&](std::span<std::byte> to) { std::memcpy(to.data(), bytes.data(), load_bytes); }));
  };
  play();
  return end.run([&] {
    bool more = false;
    const UniqueFd memory = take_over(sockets->ours.get());
    const bool fine = look_at(memory, [&](std::span<const std::byte> bytes) {
      std::memcpy(arrived.data(), bytes.data(), load_bytes);
      more = session.stop();
    });
    turn_over(arrived);
    if (!fine || !load.same(arrived)) return end.stop(std::unexpected(wrong_bytes("the driver")));
    more ? play() : end.stop();
  });
}

Result<> answer_fresh(const Peer& peer) {
  const auto socket = peer.fd(0);
  UvEnd end(socket.get());
  return end.run([&] {
    const UniqueFd memory = take_over(socket.get());
    UniqueFd reply;
    const bool fine = look_at(memory, [&](std::span<const std::byte> bytes) {
      reply = fresh([&](std::span<std::byte> to) { turn_over(bytes, to); });
    });
    if (!fine || !hand_over(socket.get(), reply)) end.stop();
  });
}

}  // namespace mullion::bench::floors
