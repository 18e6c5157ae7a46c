// Any bytes: they choose a network (processes, which links are direct, windows, whether one process lies) and then
// every step of it, until they are used up; whatever they chose, the model of the port protocol must find nothing wrong
// (tests/model). The model's tests run it over seeds of their own; as a fuzzer:
//   clang++-19 -std=c++23 -g -O1 -fsanitize=fuzzer,address,undefined -DMULLION_FUZZER -Iinclude -Isrc -Itests
//     tests/fuzz/core_fuzz.cpp tests/model/{checks,faults,liar,packet,schedule,streams,world}.cpp src/node/core/*.cpp
//     -o core_fuzz
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <span>

#include "model/schedule.hpp"

void core_fuzz(std::span<const std::byte> input) {
  std::string wrong = mullion::node::core::model::run_schedule(input);
  if (wrong.empty()) return;
  std::fputs(wrong.c_str(), stderr);
  __builtin_trap();
}

#ifdef MULLION_FUZZER
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  core_fuzz(std::as_bytes(std::span(data, size)));
  return 0;
}
#endif
