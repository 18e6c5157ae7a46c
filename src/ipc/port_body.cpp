#include "ipc/port_body.hpp"

namespace mullion::detail {

Result<Value> read_body(std::span<const std::byte> body, std::size_t ports, std::size_t buffers) {
  if (is_raw(body)) return Value(body.subspan(raw_mark.size()));
  DecodeLimits limits;
  limits.ports = ports;
  limits.buffers = buffers;
  return decode(body, limits);
}

}  // namespace mullion::detail
