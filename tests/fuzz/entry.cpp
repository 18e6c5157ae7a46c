// What libFuzzer calls: one target, chosen when this is compiled.
#include <cstdint>

#include "mullion/base/log.hpp"
#include "targets.hpp"

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  mullion::set_log_sink([](mullion::Level, std::string_view) {});
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  MULLION_TARGET(std::as_bytes(std::span(data, size)));
  return 0;
}
