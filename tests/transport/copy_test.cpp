#include "transport/copy.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

using namespace mullion::transport;

TEST_CASE("copy: every byte, wherever source and target lie in their pages") {
  constexpr std::size_t page = 4096;
  std::vector<std::byte> source(4 * page), target(4 * page);
  for (std::size_t i = 0; i < source.size(); ++i) source[i] = static_cast<std::byte>(1 + i % 251);
  for (std::size_t from : {0u, 1u, 100u}) {
    for (std::size_t to : {0u, 1u, 2u, 15u, 16u, 63u, 64u, 65u, 101u, 4095u}) {
      for (std::size_t size : {0u, 1u, 2047u, 2048u, 2049u, 4096u, 7001u}) {
        std::fill(target.begin(), target.end(), std::byte{0});
        copy_bytes(target.data() + to, source.data() + from, size);
        const auto end = target.begin() + static_cast<std::ptrdiff_t>(to + size);
        CHECK(std::equal(target.begin() + static_cast<std::ptrdiff_t>(to), end,
                         source.begin() + static_cast<std::ptrdiff_t>(from)));
        CHECK(std::all_of(end, target.end(), [](std::byte byte) { return byte == std::byte{0}; }));
      }
    }
  }
}
