// From bytes to text: the encodings that a headless page can be written in.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace mullion::headless {

using Bytes = std::span<const std::byte>;

enum class Charset : std::uint8_t { utf8, utf16le, utf16be, windows1252 };

std::string_view name_of(Charset charset);                  // "utf-8", as TextDecoder.encoding has it
std::optional<Charset> charset_of(std::string_view label);  // any of the WHATWG labels; "latin1" is windows-1252
std::optional<Charset> charset_of_bom(Bytes bytes);
std::optional<Charset> charset_in_mime(std::string_view mime);  // "text/html; charset=utf-8"

// UTF-8 for `bytes`. What they get wrong becomes U+FFFD, as the Encoding Standard says where; with `fatal` it is
// nothing instead. A byte order mark is kept.
std::optional<std::string> decode(Bytes bytes, Charset charset, bool fatal);

struct Decoded {
  std::string text;
  Charset charset;
};

// A document's text: byte order mark, then the transport's charset, then <meta charset> in the first 1024 bytes, then
// UTF-8 if the bytes are that, else windows-1252.
Decoded decode_document(Bytes bytes, std::string_view mime);
// A script's text: byte order mark, then the transport's charset, then `fallback`.
std::string decode_script(Bytes bytes, std::string_view mime, Charset fallback);

}  // namespace mullion::headless
