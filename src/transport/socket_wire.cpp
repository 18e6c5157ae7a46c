#include "transport/socket_wire.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <utility>

#include "transport/discard.hpp"

namespace mullion::transport {
namespace {

constexpr int packets_a_turn = 16;
constexpr std::uint64_t retry_ms = 10;

class SocketBell final : public Bell {
 public:
  SocketBell(Loop& loop, std::shared_ptr<UniqueFd> socket) : loop_(loop), socket_(std::move(socket)) {}
  // Where the socket takes no more (EAGAIN) there is a packet in it, at which the peer looks at the lane as well.
  bool ring() override {
    if (::send(socket_->get(), &doorbell, sizeof doorbell, MSG_DONTWAIT | MSG_NOSIGNAL) > 0) return true;
    if (errno != ENOBUFS && errno != ENOMEM) return true;
    again_ = Timer(loop_, retry_ms, [this] { ring(); });
    return false;
  }

 private:
  Loop& loop_;
  std::shared_ptr<UniqueFd> socket_;
  Timer again_;
};

}  // namespace

SocketWire::SocketWire(Loop& loop, UniqueFd socket, Owner& owner)
    : loop_(loop), owner_(owner), socket_(std::make_shared<UniqueFd>(std::move(socket))) {}

SocketWire::~SocketWire() { close(); }

Result<> SocketWire::start() {
  auto watch = FdWatch::start(loop_, fd(), FdWatch::readable, [this](int events) {
    const auto held = owner_.hold();
    if ((events & FdWatch::writable) != 0) flush();
    if ((events & ~FdWatch::writable) != 0) read();
  });
  if (!watch) return std::unexpected(watch.error());
  watch_ = std::move(*watch);
  flush();
  return {};
}

Result<> SocketWire::send(PacketKind kind, Bytes message, std::span<UniqueFd> fds) {
  if (auto checked = check_control(message, fds); !checked) return checked;
  if (!open() || gone_) return std::unexpected(closed_error());
  if (!queue_.admits(message.size())) {
    return std::unexpected(Error{Kind::overloaded, "control-queue", "The link's queue of control messages is full."});
  }
  const bool alone = queue_.empty();
  queue_.push(kind, message, fds);
  if (alone) flush();
  return {};
}

void SocketWire::flush() {
  const auto before = queue_.packets();
  const Sent sent = gone_ ? Sent::gone : queue_.send(fd());
  if (sent == Sent::gone) {
    gone_ = true;
    queue_.clear();
  }
  if (sent == Sent::later) retry_ = Timer(loop_, retry_ms, [this] {
      const auto held = owner_.hold();
      flush();
    });
  watch(sent == Sent::no_room);
  if (queue_.packets() != before) owner_.on_packets_sent();
}

void SocketWire::watch(bool writable) {
  watch_.watch(writable ? FdWatch::readable | FdWatch::writable : FdWatch::readable);
}

void SocketWire::read() {
  if (!queue_.empty()) flush();
  std::array<std::byte, max_packet_bytes> buffer;
  for (int i = 0; i < packets_a_turn && open() && read_packet(buffer); ++i) {
  }
}

bool SocketWire::read_packet(std::span<std::byte> buffer) {
  std::vector<UniqueFd> fds;
  const Received received = receive_packet(fd(), buffer, fds, zero_);
  switch (received.status) {
    case Received::nothing: return false;
    case Received::doorbell: owner_.on_stir(); return false;
    case Received::packet: return take(received, fds);
    case Received::lie: refuse(received.lie_text, std::move(fds)); return false;
    case Received::end: break;
  }
  discard(std::move(fds));
  read_to_end_ = true;
  owner_.on_hang_up();
  return false;
}

bool SocketWire::take(const Received& received, std::vector<UniqueFd>& fds) {
  ++packets_in_;
  if (!assembly_.add(received.head, received.body, fds)) {
    refuse(assembly_.lie(), std::move(fds));
    return false;
  }
  if (assembly_.whole()) tell();
  return true;
}

void SocketWire::tell() {
  const auto bytes = assembly_.take_bytes();
  owner_.on_message(assembly_.kind(), bytes, assembly_.take_fds());
}

void SocketWire::refuse(const char* lie, std::vector<UniqueFd> fds) {
  discard(std::move(fds));
  owner_.on_fault(protocol_error(lie));
}

void SocketWire::wait(std::uint64_t nanoseconds) {
  const timespec time{static_cast<time_t>(nanoseconds / 1'000'000'000), static_cast<long>(nanoseconds % 1'000'000'000)};
  pollfd end{fd(), static_cast<short>(queue_.empty() ? POLLIN : POLLIN | POLLOUT), 0};
  ppoll(&end, 1, &time, nullptr);
}

void SocketWire::close() {
  if (!open()) return;
  watch_ = {};
  retry_ = {};
  discard_socket(std::move(*socket_), read_to_end_);
  queue_.clear();
  discard(assembly_.take_fds());
}

std::unique_ptr<Bell> SocketWire::bell() const { return std::make_unique<SocketBell>(loop_, socket_); }

}  // namespace mullion::transport
