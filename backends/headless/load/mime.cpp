// What a resource is: by a path's extension, or as a data: URL says.
#include "headless/load/base64.hpp"
#include "headless/load/resource.hpp"
#include "headless/url/percent.hpp"

namespace mullion::headless {
namespace {

struct Extension {
  std::string_view name;
  std::string_view mime;
};
constexpr Extension extensions[] = {
    {"html", "text/html"},        {"htm", "text/html"},       {"js", "text/javascript"},
    {"mjs", "text/javascript"},   {"cjs", "text/javascript"}, {"json", "application/json"},
    {"txt", "text/plain"},        {"md", "text/markdown"},    {"css", "text/css"},
    {"csv", "text/csv"},          {"xml", "text/xml"},        {"xhtml", "application/xhtml+xml"},
    {"svg", "image/svg+xml"},     {"png", "image/png"},       {"jpg", "image/jpeg"},
    {"jpeg", "image/jpeg"},       {"gif", "image/gif"},       {"webp", "image/webp"},
    {"wasm", "application/wasm"}, {"pdf", "application/pdf"}, {"bin", "application/octet-stream"}};

std::string_view without_trailing_spaces(std::string_view text) {
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

// Takes ";base64" and the spaces around it off the end of a data: URL's type.
bool take_base64_mark(std::string_view& type) {
  type = without_trailing_spaces(type);
  if (!lower(type).ends_with("base64")) return false;
  auto rest = without_trailing_spaces(type.substr(0, type.size() - 6));
  if (!rest.ends_with(';')) return false;
  type = rest.substr(0, rest.size() - 1);
  return true;
}

}  // namespace

std::string_view mime_of(std::string_view path) {
  auto dot = path.rfind('.');
  if (dot == std::string_view::npos || path.find('/', dot) != std::string_view::npos) return "";
  std::string extension = lower(path.substr(dot + 1));
  for (const auto& known : extensions)
    if (known.name == extension) return known.mime;
  return "";
}

std::expected<Resource, NetError> parse_data_url(const Url& url) {
  std::string whole = url.without_fragment();
  std::string_view rest = std::string_view(whole).substr(5);
  auto comma = rest.find(',');
  if (comma == std::string_view::npos) return std::unexpected(err_invalid_url);
  auto type = rest.substr(0, comma);
  std::string body = percent_decode(rest.substr(comma + 1));
  Resource out;
  if (take_base64_mark(type)) {
    auto decoded = decode_base64(body);
    if (!decoded) return std::unexpected(err_invalid_url);
    out.bytes = std::move(*decoded);
  } else {
    auto* bytes = reinterpret_cast<const std::byte*>(body.data());
    out.bytes.assign(bytes, bytes + body.size());
  }
  while (type.starts_with(' ')) type.remove_prefix(1);
  out.mime = type.starts_with(';') ? "text/plain" + std::string(type) : std::string(type);
  if (type.find('/') == std::string_view::npos && !type.starts_with(';')) out.mime = "text/plain;charset=US-ASCII";
  return out;
}

}  // namespace mullion::headless
