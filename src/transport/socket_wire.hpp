// Control over the link's socket.
#pragma once

#include <memory>

#include "mullion/base/loop.hpp"
#include "transport/bell.hpp"
#include "transport/control_queue.hpp"
#include "transport/wire.hpp"

namespace mullion::transport {

class SocketWire final : public Wire {
 public:
  SocketWire(Loop& loop, UniqueFd socket, Owner& owner);
  ~SocketWire() override;

  Result<> start() override;
  Result<> send(PacketKind kind, Bytes message, std::span<UniqueFd> fds) override;
  void read() override;
  bool relaxed() const override { return queue_.relaxed(); }
  bool sent_all() const override { return queue_.empty(); }
  void wait(std::uint64_t nanoseconds) override;
  void close() override;
  int fd() const override { return socket_->get(); }
  std::uint32_t packets_in() const override { return packets_in_; }
  std::uint32_t packets_out() const override { return queue_.packets(); }

  // Rings by one byte on the socket; may outlive the wire.
  std::unique_ptr<Bell> bell() const;

 private:
  bool read_packet(std::span<std::byte> buffer);  // false: enough for now
  bool take(const Received& packet, std::vector<UniqueFd>& fds);
  void tell();
  void refuse(const char* lie, std::vector<UniqueFd> fds);
  void flush();
  void watch(bool writable);
  bool open() const { return static_cast<bool>(*socket_); }

  Loop& loop_;
  Owner& owner_;
  std::shared_ptr<UniqueFd> socket_;
  FdWatch watch_;
  Timer retry_;
  ControlQueue queue_;
  ControlAssembly assembly_;
  std::uint32_t packets_in_ = 0;
  bool zero_ = false;
  bool read_to_end_ = false;
  bool gone_ = false;  // nobody reads what is sent; what was received is still to be read
};

}  // namespace mullion::transport
