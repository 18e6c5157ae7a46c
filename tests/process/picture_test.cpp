#include <doctest/doctest.h>

#include "process/picture.hpp"

using namespace mullion;

namespace {

std::vector<std::byte> png(std::uint32_t width, std::uint32_t height) {
  std::string text("\x89PNG\r\n\x1a\n\0\0\0\rIHDR", 16);
  for (auto number : {width, height})
    for (int shift = 24; shift >= 0; shift -= 8) text += static_cast<char>(number >> shift);
  text.append("\x08\x02\0\0\0CRC_\0\0\0\0IENDCRC_", 21);
  auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

}  // namespace

TEST_CASE("picture: its size is what its header says") {
  auto picture = main::detail::read_picture(png(300, 70'000 / 2));
  REQUIRE(picture);
  CHECK(picture->width == 300);
  CHECK(picture->height == 35'000);
  CHECK(picture->png == png(300, 35'000));
}

TEST_CASE("picture: what is no PNG, cut short, or of no size is an error") {
  auto whole = png(3, 4);
  for (std::size_t length = 0; length < whole.size(); ++length)
    CHECK_FALSE(main::detail::read_picture({whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length)}));
  CHECK(main::detail::read_picture(whole));
  for (auto [width, height] : {std::pair{0u, 4u}, {3u, 0u}, {0x8000'0000u, 4u}, {3u, 70'000u}})
    CHECK_FALSE(main::detail::read_picture(png(width, height)));
  whole[1] = std::byte{'Q'};
  auto refused = main::detail::read_picture(whole);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == "capture");
}
