#include "pixels.hpp"

#include <png.h>

namespace mullion::conformance {

namespace {

std::vector<std::uint32_t> colours_of(const std::vector<std::uint8_t>& rgb) {
  std::vector<std::uint32_t> colours;
  colours.reserve(rgb.size() / 3);
  for (std::size_t at = 0; at + 2 < rgb.size(); at += 3)
    colours.push_back(std::uint32_t{rgb[at]} << 16 | std::uint32_t{rgb[at + 1]} << 8 | rgb[at + 2]);
  return colours;
}

}  // namespace

std::uint32_t Pixels::at(int x, int y) const {
  if (x < 0 || y < 0 || x >= width || y >= height) return ~0u;
  return colours[static_cast<std::size_t>(y) * static_cast<std::size_t>(width) + static_cast<std::size_t>(x)];
}

Pixels decode(const main::Picture& picture) {
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  if (!png_image_begin_read_from_memory(&image, picture.png.data(), picture.png.size())) return {};
  image.format = PNG_FORMAT_RGB;
  std::vector<std::uint8_t> rgb(PNG_IMAGE_SIZE(image));
  if (!png_image_finish_read(&image, nullptr, rgb.data(), 0, nullptr)) return {};
  return {static_cast<int>(image.width), static_cast<int>(image.height), colours_of(rgb)};
}

}  // namespace mullion::conformance
