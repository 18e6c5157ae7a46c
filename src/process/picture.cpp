#include "process/picture.hpp"

#include <algorithm>
#include <string_view>

namespace mullion::main::detail {

namespace {

// The signature, and the first chunk's length and name: its width and height follow.
constexpr std::string_view beginning("\x89PNG\r\n\x1a\n\0\0\0\rIHDR", 16);
constexpr std::size_t least_size = 8 + 25 + 12;  // signature, IHDR, IEND
constexpr std::uint32_t most_pixels = 1u << 16;

std::uint32_t number_at(std::span<const std::byte> bytes, std::size_t at) {
  std::uint32_t number = 0;
  for (auto each : bytes.subspan(at, 4)) number = number << 8 | static_cast<std::uint32_t>(each);
  return number;
}

bool begins_as_png(std::span<const std::byte> bytes) {
  return bytes.size() >= least_size &&
         std::ranges::equal(bytes.first(beginning.size()), std::as_bytes(std::span(beginning)));
}

}  // namespace

Result<Picture> read_picture(std::vector<std::byte> png) {
  bool fits = begins_as_png(png);
  auto width = fits ? number_at(png, beginning.size()) : 0;
  auto height = fits ? number_at(png, beginning.size() + 4) : 0;
  if (width == 0 || height == 0 || width > most_pixels || height > most_pixels)
    return std::unexpected(
        Error{.kind = Kind::failed, .code = "capture", .message = "what the backend took is no PNG"});
  return Picture{static_cast<int>(width), static_cast<int>(height), std::move(png)};
}

}  // namespace mullion::main::detail
