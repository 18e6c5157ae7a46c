// The descriptors that records bring: over the link's socket, in the order of their records.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <vector>

#include "transport/wire.hpp"

namespace mullion::transport {

// Sends descriptors. A queue that has some in front waits until it does.
class DescriptorGate {
 public:
  virtual bool send(std::span<UniqueFd> fds) = 0;  // false: not now, and they stay with the caller

 protected:
  ~DescriptorGate() = default;
};

// Both directions of one side. A record says how many it brings, and its reader waits at it until they have come. The
// reader says how many it took, so that there are never more than max_fds_in_flight between the two.
class Descriptors final : public DescriptorGate {
 public:
  enum class Look : std::uint8_t { here, awaited, lie };

  void use(Wire& wire) { wire_ = &wire; }

  bool send(std::span<UniqueFd> fds) override;
  // `protocol`: a lie. Descriptors that were not wanted stay in `fds`.
  Result<> on_packet(PacketKind kind, Bytes message, std::vector<UniqueFd>& fds);
  Look look(std::size_t count) const;  // for the record at the head, which brings so many
  std::vector<UniqueFd> take();        // after look() said `here`
  void tell();                         // what was taken, as soon as it is worth a packet
  std::vector<UniqueFd> drop();        // all that nobody took

 private:
  Result<> arrived(Bytes message, std::vector<UniqueFd>& fds);
  Result<> were_taken(Bytes message, const std::vector<UniqueFd>& fds);

  Wire* wire_ = nullptr;
  std::size_t in_flight_ = 0;  // sent, and not said to be taken
  std::size_t waiting_ = 0;    // arrived, and not said to be taken
  std::size_t taken_ = 0;      // of those, what was taken
  std::deque<std::vector<UniqueFd>> groups_;
};

}  // namespace mullion::transport
