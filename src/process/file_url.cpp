#include "process/file_url.hpp"

#include <cctype>
#include <filesystem>

namespace mullion::process {

namespace {

constexpr std::string_view hex_digits = "0123456789ABCDEF";

bool plain(unsigned char c) {
  return std::isalnum(c) || std::string_view("-._~/!$&'()*+,;=:@").find(static_cast<char>(c)) != std::string_view::npos;
}

std::optional<std::string> unescape(std::string_view text) {
  std::string plain_text;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      plain_text += text[i];
      continue;
    }
    if (i + 2 >= text.size() || !std::isxdigit(static_cast<unsigned char>(text[i + 1])) ||
        !std::isxdigit(static_cast<unsigned char>(text[i + 2])))
      return std::nullopt;
    plain_text += static_cast<char>(std::stoi(std::string(text.substr(i + 1, 2)), nullptr, 16));
    i += 2;
  }
  return plain_text;
}

std::string working_directory() {
  std::error_code error;
  return std::filesystem::current_path(error).string();
}

}  // namespace

std::string file_url(std::string_view path) {
  std::string absolute = path.starts_with('/') ? std::string(path) : working_directory() + "/" + std::string(path);
  absolute = std::filesystem::path(absolute).lexically_normal().string();
  std::string url = "file://";
  for (unsigned char c : absolute) {
    if (plain(c)) {
      url += static_cast<char>(c);
    } else {
      url += '%';
      url += hex_digits[c >> 4];
      url += hex_digits[c & 15];
    }
  }
  return url;
}

std::optional<std::string> file_path(std::string_view url) {
  if (!url.starts_with("file:///")) return std::nullopt;
  std::string_view path = url.substr(7);
  path = path.substr(0, path.find_first_of("?#"));
  auto plain_path = unescape(path);
  if (!plain_path || plain_path->find('\0') != std::string::npos) return std::nullopt;
  return plain_path;
}

std::string page_folder(std::string_view url) {
  auto path = file_path(url);
  if (!path) return working_directory() + "/";
  return path->substr(0, path->rfind('/') + 1);
}

}  // namespace mullion::process
