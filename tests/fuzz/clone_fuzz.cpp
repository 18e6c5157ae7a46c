// Any bytes: decode must refuse them or give a value that encodes and decodes to itself. The ipc tests run it over what
// a generator writes too.
#include <cstddef>
#include <cstdint>

#include "mullion/ipc/value.hpp"

void clone_fuzz(mullion::Bytes input) {
  auto value = mullion::decode(input, {.cost = std::size_t{16} << 20});
  if (!value) return;
  auto bytes = mullion::encode(*value);
  auto again = mullion::decode(bytes);
  if (!again || !(*again == *value) || mullion::encode(*again) != bytes) __builtin_trap();
  if (value->inspect() != again->inspect()) __builtin_trap();
}
