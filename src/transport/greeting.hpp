// The handshake's messages: wire::Offer, Accept and Refuse as plain structs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mullion/transport/link.hpp"

namespace mullion::transport {

inline constexpr std::uint16_t protocol_version = 1;

struct Terms {
  std::uint16_t version = protocol_version;
  Medium medium = Medium::automatic;  // of an offer: shm or pipe
  std::uint32_t ring_bytes = 0;
  std::uint64_t message_bytes = 0;
  bool trusted = false;
  std::uint32_t lent_ring_bytes = 0;  // of an offer
  std::uint32_t pool_bytes = 0;       // the largest that the sender takes
};

std::vector<std::byte> write_offer(const Terms& terms);
std::vector<std::byte> write_accept(const Terms& terms);
std::vector<std::byte> write_refuse(std::string_view reason);

// Nothing if the bytes are not such a message.
std::optional<Terms> read_offer(Bytes bytes);
std::optional<Terms> read_accept(Bytes bytes);
std::optional<std::string> read_refuse(Bytes bytes);

}  // namespace mullion::transport
