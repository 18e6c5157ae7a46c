// The second half of the URL parser: host, port, path, query, fragment.
#include "headless/url/host.hpp"
#include "headless/url/parser.hpp"
#include "headless/url/percent.hpp"

namespace mullion::headless {
namespace {

bool is_single_dot(std::string_view segment) { return segment == "." || lower(segment) == "%2e"; }

bool is_double_dot(std::string_view segment) {
  std::string lowered = lower(segment);
  return lowered == ".." || lowered == ".%2e" || lowered == "%2e." || lowered == "%2e%2e";
}

}  // namespace

bool UrlParser::parse_host_buffer() {
  auto host = parse_host(buffer_, !url_.is_special());
  if (!host) return false;
  url_.host_ = std::move(host);
  buffer_.clear();
  return true;
}

UrlParser::Step UrlParser::hostname() { return host(); }

UrlParser::Step UrlParser::host() {
  if (setting_ && url_.scheme_ == "file") return go(&UrlParser::file_host, -1);
  if (is(':') && !inside_brackets_) {
    if (buffer_.empty() || only_hostname_ || !parse_host_buffer()) return Step::failed;
    return go(&UrlParser::port);
  }
  if (ends_authority()) return host_end();
  if (is('[')) inside_brackets_ = true;
  if (is(']')) inside_brackets_ = false;
  buffer_ += static_cast<char>(c());
  return Step::go_on;
}

UrlParser::Step UrlParser::host_end() {
  if (buffer_.empty() && url_.is_special()) return Step::failed;
  if (buffer_.empty() && setting_ && (url_.has_credentials() || url_.port_)) return Step::failed;
  if (!parse_host_buffer()) return Step::failed;
  return setting_ ? Step::finished : go(&UrlParser::path_start, -1);
}

UrlParser::Step UrlParser::port() {
  if (is_digit(c())) {
    buffer_ += static_cast<char>(c());
    return Step::go_on;
  }
  return ends_authority() || setting_ ? port_end() : Step::failed;
}

UrlParser::Step UrlParser::port_end() {
  if (!buffer_.empty()) {
    unsigned value = 0;
    for (char digit : buffer_) value = value > 65535 ? value : value * 10 + static_cast<unsigned>(digit - '0');
    if (value > 65535) return Step::failed;
    url_.port_ = static_cast<std::uint16_t>(value);
    if (url_.port_ == Url::default_port(url_.scheme_)) url_.port_.reset();
    buffer_.clear();
  }
  return setting_ ? Step::finished : go(&UrlParser::path_start, -1);
}

bool UrlParser::starts_with_drive_letter() const {
  auto text = rest();
  if (text.size() < 2 || !is_drive_letter(text.substr(0, 2))) return false;
  return text.size() == 2 || std::string_view("/\\?#").find(text[2]) != std::string_view::npos;
}

UrlParser::Step UrlParser::file() {
  url_.scheme_ = "file";
  url_.host_ = "";
  if (is('/') || is('\\')) return go(&UrlParser::file_slash);
  if (!base_ || base_->scheme_ != "file") return go(&UrlParser::path, -1);
  url_.host_ = base_->host_;
  url_.path_ = base_->path_;
  url_.query_ = base_->query_;
  if (is('?') || is('#')) return go_tail();
  if (is(end)) return Step::go_on;
  url_.query_.reset();
  if (starts_with_drive_letter())
    url_.path_.clear();
  else
    url_.shorten_path();
  return go(&UrlParser::path, -1);
}

UrlParser::Step UrlParser::file_slash() {
  if (is('/') || is('\\')) return go(&UrlParser::file_host);
  if (base_ && base_->scheme_ == "file") {
    url_.host_ = base_->host_;
    bool keeps_drive = !base_->path_.empty() && is_normalized_drive_letter(base_->path_[0]);
    if (keeps_drive && !starts_with_drive_letter()) url_.path_.push_back(base_->path_[0]);
  }
  return go(&UrlParser::path, -1);
}

UrlParser::Step UrlParser::file_host() {
  if (is(end) || is('/') || is('\\') || is('?') || is('#')) return file_host_end();
  buffer_ += static_cast<char>(c());
  return Step::go_on;
}

UrlParser::Step UrlParser::file_host_end() {
  if (!setting_ && is_drive_letter(buffer_)) return go(&UrlParser::path, -1);  // the buffer is the path's beginning
  if (buffer_.empty())
    url_.host_ = "";
  else if (!parse_host_buffer())
    return Step::failed;
  if (url_.host_ == "localhost") url_.host_ = "";
  return setting_ ? Step::finished : go(&UrlParser::path_start, -1);
}

UrlParser::Step UrlParser::path_start() {
  if (url_.is_special()) return go(&UrlParser::path, is('/') || is('\\') ? 0 : -1);
  if (!setting_ && (is('?') || is('#'))) return go_tail();
  if (!is(end)) return go(&UrlParser::path, is('/') ? 0 : -1);
  if (setting_ && !url_.host_) url_.path_.emplace_back();
  return Step::go_on;
}

UrlParser::Step UrlParser::path() {
  bool tail = !setting_ && (is('?') || is('#'));
  if (!is(end) && !is_slash() && !tail) {
    percent_encode(buffer_, static_cast<char>(c()), EncodeSet::path);
    return Step::go_on;
  }
  finish_segment();
  return tail ? go_tail() : Step::go_on;
}

void UrlParser::finish_segment() {
  if (is_double_dot(buffer_)) {
    url_.shorten_path();
    if (!is_slash()) url_.path_.emplace_back();
  } else if (is_single_dot(buffer_)) {
    if (!is_slash()) url_.path_.emplace_back();
  } else {
    if (url_.scheme_ == "file" && url_.path_.empty() && is_drive_letter(buffer_)) buffer_[1] = ':';
    url_.path_.push_back(buffer_);
  }
  buffer_.clear();
}

UrlParser::Step UrlParser::opaque_path() {
  if (is('?') || is('#')) return go_tail();
  if (is(' ') && (peek() == '?' || peek() == '#'))
    url_.path_[0] += "%20";
  else if (!is(end))
    percent_encode(url_.path_[0], static_cast<char>(c()), EncodeSet::c0_control);
  return Step::go_on;
}

UrlParser::Step UrlParser::query() {
  if (is(end)) return Step::go_on;
  if (!setting_ && is('#')) return go_tail();
  percent_encode(*url_.query_, static_cast<char>(c()), url_.is_special() ? EncodeSet::special_query : EncodeSet::query);
  return Step::go_on;
}

UrlParser::Step UrlParser::fragment() {
  if (!is(end)) percent_encode(*url_.fragment_, static_cast<char>(c()), EncodeSet::fragment);
  return Step::go_on;
}

}  // namespace mullion::headless
