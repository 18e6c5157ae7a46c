#include "headless/url/url.hpp"

#include "headless/url/parser.hpp"
#include "headless/url/percent.hpp"

namespace mullion::headless {
namespace {

struct SpecialScheme {
  std::string_view name;
  int port;  // -1: none
};
constexpr SpecialScheme special_schemes[] = {{"file", -1}, {"app", -1},  {"http", 80}, {"https", 443},
                                             {"ws", 80},   {"wss", 443}, {"ftp", 21}};

bool starts_with_slash(std::string_view path) { return path.starts_with('/'); }

}  // namespace

bool is_drive_letter(std::string_view text) {
  return text.size() == 2 && is_alpha(text[0]) && (text[1] == ':' || text[1] == '|');
}

bool is_normalized_drive_letter(std::string_view text) { return is_drive_letter(text) && text[1] == ':'; }

bool Url::is_special(std::string_view scheme) {
  for (const auto& special : special_schemes)
    if (special.name == scheme) return true;
  return false;
}

std::optional<std::uint16_t> Url::default_port(std::string_view scheme) {
  for (const auto& special : special_schemes)
    if (special.name == scheme && special.port > 0) return static_cast<std::uint16_t>(special.port);
  return {};
}

std::optional<Url> Url::parse(std::string_view input, const Url* base) {
  Url url;
  if (!UrlParser(url, base).parse(input)) return {};
  return url;
}

Url Url::from_path(std::string_view path) {
  Url url;
  url.scheme_ = "file";
  url.host_ = "";
  std::string escaped;
  for (char c : path) {
    if (c == '%' || c == '\\')
      escaped += c == '%' ? "%25" : "%5C";
    else
      percent_encode(escaped, c, EncodeSet::path);
  }
  if (!starts_with_slash(escaped)) escaped.insert(0, 1, '/');
  url.set(UrlPart::pathname, escaped);
  return url;
}

std::string Url::without_fragment() const {
  std::string out = scheme_ + ":";
  if (host_) {
    out += "//";
    if (has_credentials()) out += username_ + (password_.empty() ? "" : ":" + password_) + "@";
    out += host();
  } else if (!opaque_ && path_.size() > 1 && path_[0].empty()) {
    out += "/.";  // or the path's own // would be read as a host
  }
  out += pathname();
  if (query_) out += "?" + *query_;
  return out;
}

std::string Url::href() const { return fragment_ ? without_fragment() + "#" + *fragment_ : without_fragment(); }

std::string Url::origin() const {
  if (scheme_ == "blob") {
    auto inner = parse(pathname());
    return inner && inner->scheme_.starts_with("http") ? inner->origin() : "null";
  }
  if (scheme_ == "file") return "file://";
  return is_special() ? scheme_ + "://" + host() : "null";
}

std::string Url::host() const { return port_ ? hostname() + ":" + port() : hostname(); }

std::string Url::pathname() const {
  if (opaque_) return path_.empty() ? "" : path_[0];
  std::string out;
  for (const auto& segment : path_) out.append("/").append(segment);
  return out;
}

void Url::shorten_path() {
  bool drive = scheme_ == "file" && path_.size() == 1 && is_normalized_drive_letter(path_[0]);
  if (!drive && !path_.empty()) path_.pop_back();
}

void Url::set_tail(std::optional<std::string>& tail, std::string_view value, UrlPart part) {
  if (value.empty()) {
    tail.reset();
    return;
  }
  if (value[0] == (part == UrlPart::search ? '?' : '#')) value.remove_prefix(1);
  tail = "";
  UrlParser(*this, nullptr).parse_part(value, part);
}

std::string pack(const Url& url) {
  std::string out = url.href();
  for (const std::string& part : {url.scheme() + ":", url.username(), url.password(), url.host(), url.hostname(),
                                  url.port(), url.pathname(), url.search(), url.hash(), url.origin()})
    out.append("\n").append(part);
  return out;
}

bool Url::set(UrlPart part, std::string_view value) {
  switch (part) {
    case UrlPart::href: {
      auto parsed = parse(value);
      if (parsed) *this = std::move(*parsed);
      return parsed.has_value();
    }
    case UrlPart::username:
    case UrlPart::password: {
      if (cannot_have_credentials()) return true;
      auto& target = part == UrlPart::username ? username_ : password_;
      target.clear();
      percent_encode(target, value, EncodeSet::userinfo);
      return true;
    }
    case UrlPart::port:
      if (cannot_have_credentials()) return true;
      if (value.empty()) {
        port_.reset();
        return true;
      }
      break;
    case UrlPart::search:
      set_tail(query_, value, part);
      return true;
    case UrlPart::hash:
      set_tail(fragment_, value, part);
      return true;
    case UrlPart::pathname:
      if (opaque_) return true;
      path_.clear();
      break;
    case UrlPart::host:
    case UrlPart::hostname:
      if (opaque_) return true;
      break;
    case UrlPart::protocol:
      break;
  }
  UrlParser(*this, nullptr).parse_part(value, part);
  return true;
}

}  // namespace mullion::headless
