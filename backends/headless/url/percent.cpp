#include "headless/url/percent.hpp"

namespace mullion::headless {
namespace {

// What each set adds to the one before it; special_query and path both add to query.
constexpr std::string_view fragment_adds = " \"<>`";
constexpr std::string_view query_adds = " \"#<>";
constexpr std::string_view path_adds = "?^`{}";
constexpr std::string_view userinfo_adds = "/:;=@[\\]|";

bool has(std::string_view set, char c) { return set.find(c) != std::string_view::npos; }

bool must_encode(char c, EncodeSet set) {
  if (static_cast<unsigned char>(c) <= 0x1f || static_cast<unsigned char>(c) > 0x7e) return true;
  switch (set) {
    case EncodeSet::c0_control:
      return false;
    case EncodeSet::fragment:
      return has(fragment_adds, c);
    case EncodeSet::query:
      return has(query_adds, c);
    case EncodeSet::special_query:
      return has(query_adds, c) || c == '\'';
    case EncodeSet::path:
      return has(query_adds, c) || has(path_adds, c);
    case EncodeSet::userinfo:
      return has(query_adds, c) || has(path_adds, c) || has(userinfo_adds, c);
  }
  return true;
}

}  // namespace

void percent_encode(std::string& out, char byte, EncodeSet set) {
  constexpr char digits[] = "0123456789ABCDEF";
  if (!must_encode(byte, set)) {
    out += byte;
    return;
  }
  auto value = static_cast<unsigned char>(byte);
  out += '%';
  out += digits[value >> 4];
  out += digits[value & 15];
}

void percent_encode(std::string& out, std::string_view bytes, EncodeSet set) {
  for (char c : bytes) percent_encode(out, c, set);
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string percent_decode(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    int high = text[i] == '%' && i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
    int low = high < 0 ? -1 : hex_value(text[i + 2]);
    out += low < 0 ? text[i] : static_cast<char>(high * 16 + low);
    if (low >= 0) i += 2;
  }
  return out;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = lower(c);
  return out;
}

}  // namespace mullion::headless
