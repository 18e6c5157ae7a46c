// What the parts of a link tell its core.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "mullion/transport/link.hpp"

namespace mullion::transport {

// As wire::PacketKind.
enum class PacketKind : std::uint8_t {
  none,
  offer,
  accept,
  refuse,
  control,
  pool,
  pool_wanted,
  pool_lent,
  descriptors,
  descriptors_taken,
};

// Called on the loop's thread. Each call may close the part that makes it, and end the owner with all its parts unless
// the caller holds it.
class Owner {
 public:
  virtual std::shared_ptr<void> hold() = 0;
  virtual void on_stir() = 0;          // there may be records, or room
  virtual void on_message(PacketKind kind, Bytes message, std::vector<UniqueFd> fds) = 0;
  virtual void on_packets_sent() = 0;  // control went out, and there may be room for more
  virtual void on_hang_up() = 0;       // every packet before it was told
  virtual void on_fault(const Error& why) = 0;

 protected:
  ~Owner() = default;
};

Error protocol_error(std::string message);
Error closed_error();

}  // namespace mullion::transport
