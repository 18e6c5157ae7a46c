// UTF-8 and UTF-16, each way, whole strings. What is not well formed becomes U+FFFD.
#pragma once

#include <string>
#include <string_view>

namespace mullion::script {

bool is_ascii(std::string_view text);
std::u16string to_utf16(std::string_view text);
std::string to_utf8(std::u16string_view text);

}  // namespace mullion::script
