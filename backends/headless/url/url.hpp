// URLs, as the WHATWG URL Standard parses, resolves, changes and writes them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mullion::headless {

enum class UrlPart : std::uint8_t { href, protocol, username, password, host, hostname, port, pathname, search, hash };

// A parsed URL. Immutable but for `set`; a plain value, any thread. Input is UTF-8.
//
//   auto page = Url::parse("file:///srv/app/index.html");
//   auto script = Url::parse("lib/a.js", &*page);   // file:///srv/app/lib/a.js
//
// `app:` is treated as a special scheme without a default port, which is what Electron makes of a scheme registered
// as standard: app://bundle/index.html has the host "bundle" and the origin "app://bundle".
class Url {
 public:
  static std::optional<Url> parse(std::string_view input, const Url* base = nullptr);
  // The file: URL of an absolute path.
  static Url from_path(std::string_view path);

  std::string href() const;
  std::string without_fragment() const;
  std::string origin() const;  // "null" when opaque, "file://" for all files: what Chromium answers
  const std::string& scheme() const { return scheme_; }
  const std::string& username() const { return username_; }
  const std::string& password() const { return password_; }
  std::string host() const;  // with the port, if that is not the scheme's own
  std::string hostname() const { return host_.value_or(""); }
  std::string port() const { return port_ ? std::to_string(*port_) : ""; }
  std::string pathname() const;
  std::string search() const { return query_ && !query_->empty() ? "?" + *query_ : ""; }
  std::string hash() const { return fragment_ && !fragment_->empty() ? "#" + *fragment_ : ""; }
  bool has_fragment() const { return fragment_.has_value(); }
  bool has_opaque_path() const { return opaque_; }
  bool is_special() const { return is_special(scheme_); }

  // What assigning to that attribute of a URL object does. False only for an href that does not parse; everything else
  // that makes no sense leaves the URL as it was.
  bool set(UrlPart part, std::string_view value);

  static bool is_special(std::string_view scheme);
  static std::optional<std::uint16_t> default_port(std::string_view scheme);

 private:
  friend class UrlParser;
  bool has_credentials() const { return !username_.empty() || !password_.empty(); }
  bool cannot_have_credentials() const { return !host_ || host_->empty() || scheme_ == "file"; }
  void shorten_path();
  void set_tail(std::optional<std::string>& tail, std::string_view value, UrlPart part);

  std::string scheme_;
  std::string username_;
  std::string password_;
  std::optional<std::string> host_;
  std::optional<std::uint16_t> port_;
  bool opaque_ = false;
  std::vector<std::string> path_;  // one element, and no leading slash, when opaque
  std::optional<std::string> query_;
  std::optional<std::string> fragment_;
};

// All parts of a URL, a line each: those of UrlPart in their order, then the origin. No part holds a newline.
std::string pack(const Url& url);

bool is_drive_letter(std::string_view text);             // "C:" or "C|"
bool is_normalized_drive_letter(std::string_view text);  // "C:"

}  // namespace mullion::headless
