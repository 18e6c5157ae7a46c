#include "headless/url/parser.hpp"

#include <utility>

#include "headless/url/host.hpp"
#include "headless/url/percent.hpp"

namespace mullion::headless {
namespace {

bool is_control_or_space(char c) { return static_cast<unsigned char>(c) <= 0x20; }

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_control_or_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_control_or_space(text.back())) text.remove_suffix(1);
  return text;
}

std::string without_tabs_and_newlines(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (char c : text)
    if (c != '\t' && c != '\n' && c != '\r') out += c;
  return out;
}

}  // namespace

bool UrlParser::parse(std::string_view input) {
  input_ = without_tabs_and_newlines(trimmed(input));
  return run() != Step::failed;
}

UrlParser::State UrlParser::state_of(UrlPart part) {
  switch (part) {
    case UrlPart::host:
      return &UrlParser::host;
    case UrlPart::hostname:
      return &UrlParser::hostname;
    case UrlPart::port:
      return &UrlParser::port;
    case UrlPart::pathname:
      return &UrlParser::path_start;
    case UrlPart::search:
      return &UrlParser::query;
    case UrlPart::hash:
      return &UrlParser::fragment;
    default:
      return &UrlParser::scheme_start;
  }
}

void UrlParser::parse_part(std::string_view input, UrlPart part) {
  input_ = without_tabs_and_newlines(input);
  if (part == UrlPart::protocol) input_ += ':';
  setting_ = true;
  only_hostname_ = part == UrlPart::hostname;
  state_ = state_of(part);
  run();
}

UrlParser::Step UrlParser::run() {
  auto size = static_cast<std::ptrdiff_t>(input_.size());
  for (at_ = 0;; ++at_) {
    c_ = at_ < size ? static_cast<unsigned char>(input_[static_cast<std::size_t>(at_)]) : end;
    if (auto step = (this->*state_)(); step != Step::go_on) return step;
    if (at_ >= size) return Step::finished;
  }
}

UrlParser::Step UrlParser::go(State state, std::ptrdiff_t move) {
  state_ = state;
  at_ += move;
  return Step::go_on;
}

UrlParser::Step UrlParser::go_tail() {
  auto& tail = is('?') ? url_.query_ : url_.fragment_;
  tail = "";
  return go(is('?') ? &UrlParser::query : &UrlParser::fragment);
}

std::string_view UrlParser::rest(std::size_t ahead) const {
  auto from = static_cast<std::size_t>(at_) + ahead;
  return from < input_.size() ? std::string_view(input_).substr(from) : std::string_view();
}

int UrlParser::peek() const { return rest(1).empty() ? end : static_cast<unsigned char>(rest(1)[0]); }

UrlParser::Step UrlParser::scheme_start() {
  if (is_alpha(c())) {
    buffer_ += lower(static_cast<char>(c()));
    return go(&UrlParser::scheme);
  }
  return setting_ ? Step::failed : go(&UrlParser::no_scheme, -1);
}

UrlParser::Step UrlParser::scheme() {
  if (is_alpha(c()) || is_digit(c()) || is('+') || is('-') || is('.')) {
    buffer_ += lower(static_cast<char>(c()));
    return Step::go_on;
  }
  if (is(':')) return scheme_end();
  if (setting_) return Step::failed;
  buffer_.clear();
  return go(&UrlParser::no_scheme, -at_ - 1);
}

UrlParser::Step UrlParser::scheme_end() {
  if (setting_) {
    bool other_kind = url_.is_special() != Url::is_special(buffer_);
    bool not_a_file = buffer_ == "file" && (url_.has_credentials() || url_.port_);
    bool no_host = url_.scheme_ == "file" && url_.hostname().empty();
    if (other_kind || not_a_file || no_host) return Step::finished;
    url_.scheme_ = buffer_;
    if (url_.port_ == Url::default_port(url_.scheme_)) url_.port_.reset();
    return Step::finished;
  }
  url_.scheme_ = std::exchange(buffer_, {});
  if (url_.scheme_ == "file") return go(&UrlParser::file);
  if (url_.is_special() && base_ && base_->scheme_ == url_.scheme_)
    return go(&UrlParser::special_relative_or_authority);
  if (url_.is_special()) return go(&UrlParser::special_authority_slashes);
  if (peek() == '/') return go(&UrlParser::path_or_authority, 1);
  url_.opaque_ = true;
  url_.path_ = {""};
  return go(&UrlParser::opaque_path);
}

UrlParser::Step UrlParser::no_scheme() {
  if (!base_ || (base_->opaque_ && !is('#'))) return Step::failed;
  if (base_->opaque_) {
    url_ = *base_;
    return go_tail();
  }
  return go(base_->scheme_ == "file" ? &UrlParser::file : &UrlParser::relative, -1);
}

UrlParser::Step UrlParser::special_relative_or_authority() {
  if (is('/') && peek() == '/') return go(&UrlParser::special_authority_ignore_slashes, 1);
  return go(&UrlParser::relative, -1);
}

UrlParser::Step UrlParser::path_or_authority() {
  return is('/') ? go(&UrlParser::authority) : go(&UrlParser::path, -1);
}

void UrlParser::take_authority(const Url& from) {
  url_.username_ = from.username_;
  url_.password_ = from.password_;
  url_.host_ = from.host_;
  url_.port_ = from.port_;
}

UrlParser::Step UrlParser::relative() {
  url_.scheme_ = base_->scheme_;
  if (is_slash()) return go(&UrlParser::relative_slash);
  take_authority(*base_);
  url_.path_ = base_->path_;
  url_.query_ = base_->query_;
  if (is('?') || is('#')) return go_tail();
  if (is(end)) return Step::go_on;
  url_.query_.reset();
  url_.shorten_path();
  return go(&UrlParser::path, -1);
}

UrlParser::Step UrlParser::relative_slash() {
  if (is_slash() && url_.is_special()) return go(&UrlParser::special_authority_ignore_slashes);
  if (is('/')) return go(&UrlParser::authority);
  take_authority(*base_);
  return go(&UrlParser::path, -1);
}

UrlParser::Step UrlParser::special_authority_slashes() {
  bool both = is('/') && peek() == '/';
  return go(&UrlParser::special_authority_ignore_slashes, both ? 1 : -1);
}

UrlParser::Step UrlParser::special_authority_ignore_slashes() {
  return is('/') || is('\\') ? Step::go_on : go(&UrlParser::authority, -1);
}

UrlParser::Step UrlParser::authority() {
  if (is('@')) {
    take_credentials();
    return Step::go_on;
  }
  if (!ends_authority()) {
    buffer_ += static_cast<char>(c());
    return Step::go_on;
  }
  if (at_sign_seen_ && buffer_.empty()) return Step::failed;
  auto back = static_cast<std::ptrdiff_t>(buffer_.size()) + 1;
  buffer_.clear();
  return go(&UrlParser::host, -back);
}

void UrlParser::take_credentials() {
  if (at_sign_seen_) buffer_.insert(0, "%40");
  at_sign_seen_ = true;
  for (char c : buffer_) {
    if (c == ':' && !password_seen_)
      password_seen_ = true;
    else
      percent_encode(password_seen_ ? url_.password_ : url_.username_, c, EncodeSet::userinfo);
  }
  buffer_.clear();
}

}  // namespace mullion::headless
