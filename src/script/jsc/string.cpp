#include "script/jsc/string.hpp"

#include "script/utf.hpp"

namespace mullion::script::jsc {
namespace {

// ASCII becomes an 8 bit string, which is half the memory; the API has no other way to make one, and none with NULs.
JSStringRef make(std::string_view utf8) {
  if (is_ascii(utf8) && utf8.find('\0') == std::string_view::npos)
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

std::string String::utf8() const {
  if (!string_) return {};
  std::string out;
  out.resize_and_overwrite(JSStringGetMaximumUTF8CStringSize(string_), [&](char* data, std::size_t size) {
    std::size_t used = JSStringGetUTF8CString(string_, data, size);
    return used ? used - 1 : 0;  // it counts the NUL
  });
  return utf16_length(out) == JSStringGetLength(string_) ? out : by_characters(string_);  // it ends at a lone surrogate
}

std::string to_text(JSContextRef context, JSValueRef value) {
  return String(JSValueToStringCopy(context, value, nullptr)).utf8();
}

}  // namespace mullion::script::jsc
