#include "headless/load/base64.hpp"

#include "headless/url/percent.hpp"

namespace mullion::headless {
namespace {

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

int value_of(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (is_digit(c)) return c - '0' + 52;
  return c == '+' ? 62 : c == '/' ? 63 : -1;
}

// Without white space and padding; nothing if the padding is wrong.
std::optional<std::string> digits_of(std::string_view text) {
  std::string digits;
  digits.reserve(text.size());
  for (char c : text)
    if (std::string_view(" \t\n\f\r").find(c) == std::string_view::npos) digits += c;
  if (digits.size() % 4 == 0)
    for (int i = 0; i < 2 && digits.ends_with('='); ++i) digits.pop_back();
  if (digits.size() % 4 == 1) return {};
  return digits;
}

}  // namespace

std::optional<std::vector<std::byte>> decode_base64(std::string_view text) {
  auto digits = digits_of(text);
  if (!digits) return {};
  std::vector<std::byte> out;
  out.reserve(digits->size() / 4 * 3 + 2);
  unsigned bits = 0;
  int have = 0;
  for (char c : *digits) {
    int value = value_of(c);
    if (value < 0) return {};
    bits = bits << 6 | static_cast<unsigned>(value);
    have += 6;
    if (have < 8) continue;
    have -= 8;
    out.push_back(static_cast<std::byte>(bits >> have & 255));
  }
  return out;
}

std::string encode_base64(std::span<const std::byte> bytes) {
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    auto count = std::min<std::size_t>(3, bytes.size() - i);
    unsigned bits = 0;
    for (std::size_t k = 0; k < 3; ++k) bits = bits << 8 | (k < count ? std::to_integer<unsigned>(bytes[i + k]) : 0);
    for (std::size_t k = 0; k < 4; ++k) out += k <= count ? alphabet[bits >> (18 - 6 * k) & 63] : '=';
  }
  return out;
}

void append_latin1(std::string& out, std::byte byte) {
  auto value = std::to_integer<unsigned>(byte);
  if (value < 0x80) {
    out += static_cast<char>(value);
    return;
  }
  out += static_cast<char>(0xC0 | value >> 6);
  out += static_cast<char>(0x80 | (value & 0x3F));
}

std::optional<std::vector<std::byte>> latin1_bytes(std::string_view utf8) {
  std::vector<std::byte> out;
  out.reserve(utf8.size());
  for (std::size_t i = 0; i < utf8.size(); ++i) {
    auto value = static_cast<unsigned char>(utf8[i]);
    bool two = value == 0xC2 || value == 0xC3;
    if (value >= 0x80 && (!two || i + 1 == utf8.size())) return {};
    if (two) value = static_cast<unsigned char>((value & 3) << 6 | (static_cast<unsigned char>(utf8[++i]) & 0x3F));
    out.push_back(static_cast<std::byte>(value));
  }
  return out;
}

}  // namespace mullion::headless
