// What is in a picture of a page. Private to the kit.
#pragma once

#include <cstdint>
#include <vector>

#include "mullion/main.hpp"

namespace mullion::conformance {

// Rows from the top; nothing in it when the picture cannot be read.
struct Pixels {
  int width = 0;
  int height = 0;
  std::vector<std::uint32_t> colours{};  // 0xRRGGBB
  std::uint32_t at(int x, int y) const;  // 0xffffffff outside
};

Pixels decode(const main::Picture& picture);

}  // namespace mullion::conformance
