#include "ipc/utf8.hpp"

#include <cstdint>
#include <cstring>

namespace mullion {
namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";

std::uint8_t byte_at(std::string_view text, std::size_t at) {
  return at < text.size() ? static_cast<std::uint8_t>(text[at]) : 0;
}

constexpr std::size_t word_bytes = sizeof(std::uint64_t);

std::uint64_t beyond_ascii(std::string_view text, std::size_t at) {
  std::uint64_t word;
  std::memcpy(&word, text.data() + at, word_bytes);
  return word & 0x8080808080808080;
}

// How far plain ASCII reaches.
std::size_t ascii_prefix(std::string_view text, std::size_t at) {
  for (; at + 2 * word_bytes <= text.size(); at += 2 * word_bytes) {
    if ((beyond_ascii(text, at) | beyond_ascii(text, at + word_bytes)) != 0) break;
  }
  for (; at + word_bytes <= text.size(); at += word_bytes) {
    if (beyond_ascii(text, at) != 0) break;
  }
  while (at < text.size() && static_cast<std::uint8_t>(text[at]) < 0x80) ++at;
  return at;
}

struct Sequence {
  std::size_t length;  // of the sequence, or of the part of it that is to be replaced as one
  bool valid;
};

struct Lead {
  std::size_t length;
  std::uint8_t least, most;  // of the second byte
};

Lead lead_of(std::uint8_t first) {
  if (first < 0xC2 || first > 0xF4) return {0, 0, 0};
  if (first < 0xE0) return {2, 0x80, 0xBF};
  switch (first) {
    case 0xE0: return {3, 0xA0, 0xBF};
    case 0xED: return {3, 0x80, 0x9F};
    case 0xF0: return {4, 0x90, 0xBF};
    case 0xF4: return {4, 0x80, 0x8F};
    default: return {first < 0xF0 ? 3u : 4u, 0x80, 0xBF};
  }
}

// The sequence at a byte that is not ASCII.
Sequence sequence_at(std::string_view text, std::size_t at) {
  Lead lead = lead_of(byte_at(text, at));
  if (lead.length == 0) return {1, false};
  std::uint8_t second = byte_at(text, at + 1);
  if (second < lead.least || second > lead.most) return {1, false};
  for (std::size_t i = 2; i < lead.length; ++i) {
    if ((byte_at(text, at + i) & 0xC0) != 0x80) return {i, false};
  }
  return {lead.length, true};
}

void append(std::string& text, char32_t c) {
  auto put = [&](char32_t byte) { text.push_back(static_cast<char>(byte)); };
  if (c < 0x80) return put(c);
  if (c < 0x800) {
    put(0xC0 | c >> 6);
  } else if (c < 0x10000) {
    put(0xE0 | c >> 12);
    put(0x80 | (c >> 6 & 0x3F));
  } else {
    put(0xF0 | c >> 18);
    put(0x80 | (c >> 12 & 0x3F));
    put(0x80 | (c >> 6 & 0x3F));
  }
  put(0x80 | (c & 0x3F));
}

}  // namespace

bool is_utf8(std::string_view text) {
  for (std::size_t at = ascii_prefix(text, 0); at < text.size(); at = ascii_prefix(text, at)) {
    Sequence sequence = sequence_at(text, at);
    if (!sequence.valid) return false;
    at += sequence.length;
  }
  return true;
}

std::string to_utf8(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    std::size_t next = ascii_prefix(text, at);
    result.append(text.substr(at, next - at));
    if (next == text.size()) break;
    Sequence sequence = sequence_at(text, next);
    result.append(sequence.valid ? text.substr(next, sequence.length) : replacement);
    at = next + sequence.length;
  }
  return result;
}

std::string utf16_to_utf8(std::span<const std::byte> units) {
  auto unit = [&](std::size_t i) -> char32_t {
    return std::to_integer<char32_t>(units[2 * i]) | std::to_integer<char32_t>(units[2 * i + 1]) << 8;
  };
  std::size_t count = units.size() / 2;
  std::string result;
  result.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    char32_t c = unit(i);
    bool high = c >= 0xD800 && c < 0xDC00, surrogate = c >= 0xD800 && c < 0xE000;
    if (high && i + 1 < count && unit(i + 1) >= 0xDC00 && unit(i + 1) < 0xE000) {
      append(result, 0x10000 + ((c - 0xD800) << 10) + (unit(++i) - 0xDC00));
    } else if (surrogate) {
      result.append(replacement);
    } else {
      append(result, c);
    }
  }
  return result;
}

}  // namespace mullion
