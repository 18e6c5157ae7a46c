// Base64, and strings whose characters stand for bytes.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mullion::headless {

// Forgiving: white space is passed over, padding may be missing. Nothing where it is wrong.
std::optional<std::vector<std::byte>> decode_base64(std::string_view text);
std::string encode_base64(std::span<const std::byte> bytes);

// UTF-8 for the character U+0000 to U+00FF that has the byte's value.
void append_latin1(std::string& out, std::byte byte);
// The reverse, for a whole text; nothing if a character is beyond U+00FF.
std::optional<std::vector<std::byte>> latin1_bytes(std::string_view utf8);

}  // namespace mullion::headless
