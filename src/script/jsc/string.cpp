#include "script/jsc/string.hpp"

#include <array>

#include "script/utf.hpp"

namespace mullion::script::jsc {
namespace {

// The API reads and writes UTF-8 at 4 ns a byte, UTF-16 at the speed of memory. But only from UTF-8 does it make
// strings of 8 bits, which short ones should be, and only from UTF-16 strings with NULs.
constexpr std::size_t short_text = 512;

JSStringRef make(std::string_view utf8) {
  if (utf8.size() <= short_text && is_ascii(utf8) && utf8.find('\0') == std::string_view::npos)
    return JSStringCreateWithUTF8CString(std::string(utf8).c_str());
  std::u16string wide = to_utf16(utf8);
  return JSStringCreateWithCharacters(reinterpret_cast<const JSChar*>(wide.data()), wide.size());
}

std::size_t utf16_length(std::string_view utf8) {
  std::size_t units = 0;
  for (char c : utf8) units += ((c & 0xC0) != 0x80) + ((c & 0xF8) == 0xF0);
  return units;
}

std::string by_characters(JSStringRef string) {
  auto* data = reinterpret_cast<const char16_t*>(JSStringGetCharactersPtr(string));
  return to_utf8({data, JSStringGetLength(string)});
}

}  // namespace

String::String(std::string_view utf8) : string_(make(utf8)) {}

// Short ones go by the stack: asking for the characters of an 8 bit string makes a copy of 16 bits.
std::string String::utf8() const {
  if (!string_) return {};
  std::array<char, 128> out;
  if (3 * JSStringGetLength(string_) >= out.size()) return by_characters(string_);
  std::size_t used = JSStringGetUTF8CString(string_, out.data(), out.size());
  std::string_view text(out.data(), used ? used - 1 : 0);  // it counts the NUL
  bool whole = utf16_length(text) == JSStringGetLength(string_);  // it ends at a lone surrogate
  return whole ? std::string(text) : by_characters(string_);
}

std::string to_text(JSContextRef context, JSValueRef value) {
  return String(JSValueToStringCopy(context, value, nullptr)).utf8();
}

}  // namespace mullion::script::jsc
