// Any bytes: decode must refuse them or give a value that encodes and decodes to itself. The ipc tests run it over seeds
// of their own; as a fuzzer:
//   clang++-19 -std=c++23 -g -O1 -fsanitize=fuzzer,address,undefined -DMULLION_FUZZER -Iinclude -Isrc
//     tests/fuzz/clone_fuzz.cpp src/ipc/clone_*.cpp src/ipc/utf8.cpp src/ipc/value*.cpp src/base/error.cpp -o clone_fuzz
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

#ifdef MULLION_FUZZER
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  clone_fuzz(std::as_bytes(std::span(data, size)));
  return 0;
}
#endif
