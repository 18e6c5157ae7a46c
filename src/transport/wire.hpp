// What carries a link's control messages and tells of the peer's end.
#pragma once

#include <cstdint>
#include <span>

#include "transport/owner.hpp"

namespace mullion::transport {

class Wire {
 public:
  virtual ~Wire() = default;
  virtual Result<> start() = 0;        // from now on its owner hears of what comes
  // Descriptors leave the caller on success only.
  virtual Result<> send(PacketKind kind, Bytes message, std::span<UniqueFd> fds) = 0;
  virtual void read() = 0;             // tells the owner what has come, a bounded part of it
  virtual void wait(std::uint64_t) {}  // until something may have come or the nanoseconds are over
  virtual bool relaxed() const = 0;    // at most half of what may wait does
  virtual bool sent_all() const { return true; }  // nothing waits: the peer finds all of it
  virtual void close() = 0;
  virtual int fd() const { return -1; }
  virtual std::uint32_t packets_in() const = 0;
  virtual std::uint32_t packets_out() const = 0;
};

inline constexpr std::size_t max_control_queue_bytes = 4 * max_control_bytes;
inline constexpr std::size_t max_control_queue_messages = 1024;

// The checks of every send(): `invalid` names what is too much.
Result<> check_control(Bytes message, std::span<const UniqueFd> fds);

}  // namespace mullion::transport
