// Percent-encoding, as the WHATWG URL Standard has it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace mullion::headless {

// Which bytes are written as %XX. Bytes beyond ASCII always are.
enum class EncodeSet : std::uint8_t { c0_control, fragment, query, special_query, path, userinfo };

void percent_encode(std::string& out, char byte, EncodeSet set);
void percent_encode(std::string& out, std::string_view bytes, EncodeSet set);

// The bytes that `text` stands for. A % without two hexadecimal digits stands for itself.
std::string percent_decode(std::string_view text);

// The value of a hexadecimal digit, or -1.
int hex_value(char c);

inline bool is_digit(int c) { return c >= '0' && c <= '9'; }
inline bool is_alpha(int c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
inline char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }
std::string lower(std::string_view text);

}  // namespace mullion::headless
