#include "transport/packet.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "protocol/link_generated.h"

namespace mullion::transport {
namespace {

static_assert(sizeof(wire::Packet) == packet_head_bytes);
static_assert(static_cast<int>(PacketKind::control) == static_cast<int>(wire::PacketKind::control));
static_assert(static_cast<int>(PacketKind::refuse) == static_cast<int>(wire::PacketKind::refuse));
static_assert(static_cast<int>(PacketKind::descriptors_taken) == static_cast<int>(wire::PacketKind::descriptors_taken));

// The most that the kernel lets anybody send with one packet: what did not fit would be closed here and now.
constexpr std::size_t kernel_fds = 253;

struct alignas(cmsghdr) DescriptorSpace {
  char bytes[CMSG_SPACE(kernel_fds * sizeof(int))];
};

Sent outcome(int error) {
  switch (error) {
    case EAGAIN: return Sent::no_room;
    case ENOBUFS:
    case ENOMEM:
    case ETOOMANYREFS:
    case EINTR: return Sent::later;
    default: return Sent::gone;
  }
}

void attach(msghdr& message, DescriptorSpace& space, std::span<const UniqueFd> fds) {
  if (fds.empty()) return;
  message.msg_control = space.bytes;
  message.msg_controllen = CMSG_SPACE(fds.size() * sizeof(int));
  cmsghdr* head = CMSG_FIRSTHDR(&message);
  head->cmsg_level = SOL_SOCKET;
  head->cmsg_type = SCM_RIGHTS;
  head->cmsg_len = CMSG_LEN(fds.size() * sizeof(int));
  for (std::size_t i = 0; i < fds.size(); ++i) {
    const int fd = fds[i].get();
    std::memcpy(CMSG_DATA(head) + i * sizeof fd, &fd, sizeof fd);
  }
}

void detach(msghdr& message, std::vector<UniqueFd>& fds) {
  for (cmsghdr* head = CMSG_FIRSTHDR(&message); head; head = CMSG_NXTHDR(&message, head)) {
    if (head->cmsg_level != SOL_SOCKET || head->cmsg_type != SCM_RIGHTS) continue;
    const auto count = (head->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < count; ++i) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(head) + i * sizeof fd, sizeof fd);
      fds.emplace_back(fd);
    }
  }
}

bool hung_up(int fd) {
  pollfd look{fd, 0, 0};
  return poll(&look, 1, 0) == 1 && (look.revents & POLLHUP) != 0;
}

Received lie(const char* text) { return {Received::lie, {}, {}, text}; }

Received parse(Bytes bytes, std::size_t fds) {
  if (bytes.size() == 1 && bytes[0] == doorbell && fds == 0) return {Received::doorbell, {}, {}, nullptr};
  if (fds > max_part_fds) return lie("A packet brings more descriptors than one may.");
  if (bytes.size() < packet_head_bytes) return lie("A packet is too short.");
  wire::Packet packet;
  std::memcpy(static_cast<void*>(&packet), bytes.data(), sizeof packet);
  if (packet.fds() != fds) return lie("A packet brings other descriptors than it says.");
  const PacketHead head{packet.total(), packet.offset(), packet.total_fds(), packet.fds(),
                        static_cast<PacketKind>(packet.kind())};
  return {Received::packet, head, bytes.subspan(packet_head_bytes), nullptr};
}

// A peer that is gone leaves one ECONNRESET before what it sent.
ssize_t receive(int fd, std::span<std::byte> buffer, std::vector<UniqueFd>& fds, int& flags) {
  iovec part{buffer.data(), buffer.size()};
  DescriptorSpace space;
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  ssize_t size = 0;
  do {
    message.msg_control = space.bytes;
    message.msg_controllen = sizeof space.bytes;
    size = recvmsg(fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  } while (size < 0 && (errno == EINTR || errno == ECONNRESET));
  if (size >= 0) detach(message, fds);
  flags = message.msg_flags;
  return size;
}

}  // namespace

Sent send_packet(int fd, const PacketHead& head, Bytes body, std::span<const UniqueFd> fds) {
  wire::Packet packet(head.total, head.offset, head.total_fds, static_cast<std::uint8_t>(fds.size()),
                      static_cast<wire::PacketKind>(head.kind));
  iovec parts[] = {{&packet, sizeof packet}, {const_cast<std::byte*>(body.data()), body.size()}};
  msghdr message{};
  message.msg_iov = parts;
  message.msg_iovlen = 2;
  DescriptorSpace space;
  attach(message, space, fds);
  return sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0 ? Sent::sent : outcome(errno);
}

Received receive_packet(int fd, std::span<std::byte> buffer, std::vector<UniqueFd>& fds, bool& zero) {
  int flags = 0;
  const ssize_t size = receive(fd, buffer, fds, flags);
  if (size == 0) {
    if (zero || hung_up(fd)) return {Received::end, {}, {}, nullptr};
    zero = true;
    return receive_packet(fd, buffer, fds, zero);
  }
  if (zero) return lie("A packet is empty.");
  if (size < 0) return {errno == EAGAIN ? Received::nothing : Received::end, {}, {}, nullptr};
  if ((flags & MSG_TRUNC) != 0) return lie("A packet is longer than packets may be.");
  if ((flags & MSG_CTRUNC) != 0) return lie("This process has no room for a packet's descriptors.");
  return parse(Bytes(buffer.data(), static_cast<std::size_t>(size)), fds.size());
}

Read receive_bytes(int fd, std::span<std::byte> buffer, std::vector<UniqueFd>& fds) {
  int flags = 0;
  const ssize_t size = receive(fd, buffer, fds, flags);
  if (size > 0) return {Read::bytes, static_cast<std::size_t>(size)};
  return {size < 0 && errno == EAGAIN ? Read::nothing : Read::end, 0};
}

}  // namespace mullion::transport
