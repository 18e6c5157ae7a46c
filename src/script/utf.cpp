#include "script/utf.hpp"

#include <type_traits>

namespace mullion::script {
namespace {

constexpr char32_t replacement = 0xFFFD;

bool is_surrogate(char32_t c) { return c >= 0xD800 && c < 0xE000; }
bool is_continuation(unsigned char c) { return (c & 0xC0) == 0x80; }

// How many bytes a sequence that begins so has, and the smallest value it may stand for; 0 if none begins so.
struct Lead {
  int length;
  char32_t bits;
  char32_t least;
};

Lead lead(unsigned char c) {
  if (c < 0x80) return {1, c, 0};
  if ((c & 0xE0) == 0xC0) return {2, char32_t(c & 0x1F), 0x80};
  if ((c & 0xF0) == 0xE0) return {3, char32_t(c & 0x0F), 0x800};
  if ((c & 0xF8) == 0xF0) return {4, char32_t(c & 0x07), 0x10000};
  return {0, 0, 0};
}

char32_t next(std::string_view text, std::size_t& at) {
  Lead first = lead(static_cast<unsigned char>(text[at++]));
  if (first.length == 0) return replacement;
  char32_t c = first.bits;
  for (int i = 1; i < first.length; ++i, ++at) {
    if (at >= text.size() || !is_continuation(static_cast<unsigned char>(text[at]))) return replacement;
    c = c << 6 | (static_cast<unsigned char>(text[at]) & 0x3F);
  }
  return c < first.least || c > 0x10FFFF || is_surrogate(c) ? replacement : c;
}

void append(std::u16string& out, char32_t c) {
  if (c < 0x10000) return out.push_back(static_cast<char16_t>(c));
  out.push_back(static_cast<char16_t>(0xD800 + ((c - 0x10000) >> 10)));
  out.push_back(static_cast<char16_t>(0xDC00 + ((c - 0x10000) & 0x3FF)));
}

char32_t next(std::u16string_view text, std::size_t& at) {
  char32_t c = text[at++];
  if (!is_surrogate(c)) return c;
  bool pair = c < 0xDC00 && at < text.size() && text[at] >= 0xDC00 && text[at] < 0xE000;
  return pair ? 0x10000 + ((c - 0xD800) << 10) + (text[at++] - 0xDC00u) : replacement;
}

void append(std::string& out, char32_t c) {
  auto tail = [&](int shift) { out.push_back(static_cast<char>(0x80 | (c >> shift & 0x3F))); };
  if (c < 0x80) return out.push_back(static_cast<char>(c));
  if (c < 0x800) return out.push_back(static_cast<char>(0xC0 | c >> 6)), tail(0);
  if (c < 0x10000) return out.push_back(static_cast<char>(0xE0 | c >> 12)), tail(6), tail(0);
  out.push_back(static_cast<char>(0xF0 | c >> 18)), tail(12), tail(6), tail(0);
}

constexpr std::size_t block = 32;  // characters looked at together where they are likely to be ASCII

template <class C>
bool is_ascii_block(const C* text) {
  C seen = 0;
  for (std::size_t i = 0; i < block; ++i) seen = static_cast<C>(seen | text[i]);
  return static_cast<std::make_unsigned_t<C>>(seen) < 0x80;
}

// Copies whole blocks of ASCII, character by character into the other width.
template <class To, class From>
void append_ascii(std::basic_string<To>& out, std::basic_string_view<From> text, std::size_t& at) {
  for (; at + block <= text.size() && is_ascii_block(text.data() + at); at += block) {
    To copy[block];
    for (std::size_t i = 0; i < block; ++i) copy[i] = static_cast<To>(text[at + i]);
    out.append(copy, block);
  }
}

template <class To, class From>
std::basic_string<To> convert(std::basic_string_view<From> text) {
  std::basic_string<To> out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    append_ascii(out, text, at);
    for (std::size_t end = at + block; at < text.size() && at < end;) append(out, next(text, at));
  }
  return out;
}

}  // namespace

bool is_ascii(std::string_view text) {
  std::size_t at = 0;
  for (; at + block <= text.size(); at += block)
    if (!is_ascii_block(text.data() + at)) return false;
  for (; at < text.size(); ++at)
    if (static_cast<unsigned char>(text[at]) >= 0x80) return false;
  return true;
}

std::u16string to_utf16(std::string_view text) { return convert<char16_t>(text); }

std::string to_utf8(std::u16string_view text) { return convert<char>(text); }

}  // namespace mullion::script
