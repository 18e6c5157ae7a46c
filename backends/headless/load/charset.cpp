#include "headless/load/charset.hpp"

#include <array>

#include "headless/url/percent.hpp"

namespace mullion::headless {
namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";

// windows-1252 for 0x80 to 0x9f; 0x81, 0x8d, 0x8f, 0x90 and 0x9d are the control codes themselves.
constexpr std::array<char16_t, 32> high_1252 = {0x20AC, 0x0081, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021,
                                                0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0x008D, 0x017D, 0x008F,
                                                0x0090, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
                                                0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x009D, 0x017E, 0x0178};

struct Labels {
  Charset charset;
  std::string_view names;  // each between spaces
};
constexpr Labels labels[] = {
    {Charset::utf8, " unicode-1-1-utf-8 unicode11utf8 unicode20utf8 utf-8 utf8 x-unicode20utf8 "},
    {Charset::utf16le, " csunicode iso-10646-ucs-2 ucs-2 unicode unicodefeff utf-16 utf-16le "},
    {Charset::utf16be, " unicodefffe utf-16be "},
    {Charset::windows1252,
     " ansi_x3.4-1968 ascii cp1252 cp819 csisolatin1 ibm819 iso-8859-1 iso-ir-100 iso8859-1 iso88591 iso_8859-1"
     " iso_8859-1:1987 l1 latin1 us-ascii windows-1252 x-cp1252 "}};

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\f' || c == '\r'; }

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

void append(std::string& out, char32_t point) {
  if (point < 0x80) {
    out += static_cast<char>(point);
  } else if (point < 0x800) {
    out += static_cast<char>(0xC0 | (point >> 6));
    out += static_cast<char>(0x80 | (point & 0x3F));
  } else if (point < 0x10000) {
    out += static_cast<char>(0xE0 | (point >> 12));
    out += static_cast<char>(0x80 | ((point >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (point & 0x3F));
  } else {
    out += static_cast<char>(0xF0 | (point >> 18));
    out += static_cast<char>(0x80 | ((point >> 12) & 0x3F));
    out += static_cast<char>(0x80 | ((point >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (point & 0x3F));
  }
}

// What may follow a lead byte: how many bytes, and the bounds of the first of them.
struct Follow {
  int count = 0;
  unsigned char low = 0x80;
  unsigned char high = 0xBF;
};

Follow follow_of(unsigned char lead) {
  if (lead >= 0xC2 && lead <= 0xDF) return {1};
  if (lead == 0xE0) return {2, 0xA0, 0xBF};
  if (lead == 0xED) return {2, 0x80, 0x9F};
  if (lead >= 0xE1 && lead <= 0xEF) return {2};
  if (lead == 0xF0) return {3, 0x90, 0xBF};
  if (lead == 0xF4) return {3, 0x80, 0x8F};
  if (lead >= 0xF1 && lead <= 0xF3) return {3};
  return {};
}

// The length of the sequence at the start of `text`, or minus the length of the part that is one error.
int sequence_length(std::string_view text) {
  auto lead = static_cast<unsigned char>(text[0]);
  if (lead < 0x80) return 1;
  Follow follow = follow_of(lead);
  for (int i = 1; i <= follow.count; ++i) {
    auto at = static_cast<std::size_t>(i);
    auto byte = at < text.size() ? static_cast<unsigned char>(text[at]) : 0;
    if (byte < follow.low || byte > follow.high) return -i;
    follow.low = 0x80;
    follow.high = 0xBF;
  }
  return follow.count == 0 ? -1 : follow.count + 1;
}

std::optional<std::string> decode_utf8(std::string_view text, bool fatal) {
  std::string out;
  std::size_t good = 0;  // from here to `at` nothing is wrong
  std::size_t at = 0;
  while (at < text.size()) {
    int length = static_cast<signed char>(text[at]) >= 0 ? 1 : sequence_length(text.substr(at));
    if (length > 0) {
      at += static_cast<std::size_t>(length);
      continue;
    }
    if (fatal) return {};
    out.append(text, good, at - good).append(replacement);
    good = at += static_cast<std::size_t>(-length);
  }
  if (good == 0) return std::string(text);
  return out.append(text, good);
}

std::optional<std::string> decode_utf16(Bytes bytes, bool big, bool fatal) {
  std::string out;
  bool wrong = bytes.size() % 2 != 0;
  auto unit = [&](std::size_t i) {
    auto first = std::to_integer<unsigned>(bytes[2 * i]);
    auto second = std::to_integer<unsigned>(bytes[2 * i + 1]);
    return static_cast<char32_t>(big ? first << 8 | second : second << 8 | first);
  };
  for (std::size_t i = 0, count = bytes.size() / 2; i < count; ++i) {
    char32_t point = unit(i);
    bool pair = point >= 0xD800 && point < 0xDC00 && i + 1 < count && (unit(i + 1) & 0xFC00) == 0xDC00;
    if (pair) point = 0x10000 + ((point & 0x3FF) << 10) + (unit(++i) & 0x3FF);
    bool lone = !pair && (point & 0xF800) == 0xD800;
    wrong = wrong || lone;
    append(out, lone ? 0xFFFD : point);
  }
  if (bytes.size() % 2 != 0) out.append(replacement);
  if (fatal && wrong) return {};
  return out;
}

std::string decode_1252(Bytes bytes) {
  std::string out;
  out.reserve(bytes.size());
  for (auto byte : bytes) {
    auto value = std::to_integer<unsigned char>(byte);
    append(out, value >= 0x80 && value < 0xA0 ? high_1252[value - 0x80u] : value);
  }
  return out;
}

std::string_view as_text(Bytes bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

std::string without_bom(Bytes bytes, Charset charset) {
  if (charset_of_bom(bytes) == charset) bytes = bytes.subspan(charset == Charset::utf8 ? 3 : 2);
  return *decode(bytes, charset, false);
}

// The value after charset= in `text`, which is lower case.
std::optional<Charset> charset_after_equals(std::string_view text) {
  for (auto at = text.find("charset"); at != std::string_view::npos; at = text.find("charset", at + 7)) {
    auto value = trimmed(text.substr(at + 7));
    if (!value.starts_with('=')) continue;
    value = trimmed(value.substr(1));
    bool quoted = value.starts_with('"') || value.starts_with('\'');
    auto end = quoted ? value.find(value[0], 1) : value.find_first_of(" \t\r\n\f;\"'>/");
    return charset_of(value.substr(quoted ? 1 : 0, end == std::string_view::npos ? end : end - (quoted ? 1 : 0)));
  }
  return {};
}

// The encoding that a <meta> in the first 1024 bytes names. Comments are passed over.
std::optional<Charset> charset_in_meta(std::string_view text) {
  std::string head = lower(text.substr(0, 1024));
  std::string_view rest = head;
  while (true) {
    auto at = rest.find('<');
    if (at == std::string_view::npos) return {};
    rest.remove_prefix(at);
    bool comment = rest.starts_with("<!--");
    auto end = comment ? rest.find("-->", 2) : rest.find('>');
    if (end == std::string_view::npos) return {};
    if (rest.starts_with("<meta") && rest.size() > 5 && (is_space(rest[5]) || rest[5] == '/')) {
      auto found = charset_after_equals(rest.substr(0, end));
      // What could be read as ASCII so far is not UTF-16.
      if (found) return *found == Charset::utf16le || *found == Charset::utf16be ? Charset::utf8 : *found;
    }
    rest.remove_prefix(comment ? end + 3 : end + 1);
  }
}

}  // namespace

std::string_view name_of(Charset charset) {
  constexpr std::string_view names[] = {"utf-8", "utf-16le", "utf-16be", "windows-1252"};
  return names[static_cast<std::size_t>(charset)];
}

std::optional<Charset> charset_of(std::string_view label) {
  label = trimmed(label);
  if (label.empty() || label.find(' ') != std::string_view::npos) return {};
  std::string wanted = " " + lower(label) + " ";
  for (const auto& known : labels)
    if (known.names.find(wanted) != std::string_view::npos) return known.charset;
  return {};
}

std::optional<Charset> charset_of_bom(Bytes bytes) {
  auto text = as_text(bytes);
  if (text.starts_with("\xEF\xBB\xBF")) return Charset::utf8;
  if (text.starts_with("\xFF\xFE")) return Charset::utf16le;
  if (text.starts_with("\xFE\xFF")) return Charset::utf16be;
  return {};
}

std::optional<Charset> charset_in_mime(std::string_view mime) { return charset_after_equals(lower(mime)); }

std::optional<std::string> decode(Bytes bytes, Charset charset, bool fatal) {
  if (charset == Charset::utf8) return decode_utf8(as_text(bytes), fatal);
  if (charset == Charset::windows1252) return decode_1252(bytes);
  return decode_utf16(bytes, charset == Charset::utf16be, fatal);
}

Decoded decode_document(Bytes bytes, std::string_view mime) {
  auto charset = charset_of_bom(bytes);
  if (!charset) charset = charset_in_mime(mime);
  if (!charset) charset = charset_in_meta(as_text(bytes));
  if (!charset) charset = decode(bytes, Charset::utf8, true) ? Charset::utf8 : Charset::windows1252;
  return {without_bom(bytes, *charset), *charset};
}

std::string decode_script(Bytes bytes, std::string_view mime, Charset fallback) {
  auto charset = charset_of_bom(bytes);
  if (!charset) charset = charset_in_mime(mime);
  return without_bom(bytes, charset.value_or(fallback));
}

}  // namespace mullion::headless
