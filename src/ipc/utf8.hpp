// UTF-8 at the border: what leaves a process is valid, what arrives is checked.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace mullion {

bool is_utf8(std::string_view text);
// U+FFFD in place of each maximal wrong sequence, as the web's TextDecoder does.
std::string to_utf8(std::string_view text);
// UTF-16, least significant byte first; U+FFFD in place of lone surrogates. An odd last byte does not count.
std::string utf16_to_utf8(std::span<const std::byte> units);

}  // namespace mullion
