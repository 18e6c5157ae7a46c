// The basic URL parser: a state machine over one input, one function for each state of the standard.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "headless/url/url.hpp"

namespace mullion::headless {

// Used once. Fills the Url that it is given.
class UrlParser {
 public:
  UrlParser(Url& url, const Url* base) : url_(url), base_(base) {}

  bool parse(std::string_view input);
  void parse_part(std::string_view input, UrlPart part);  // a setter: the standard's "state override"

 private:
  enum class Step { go_on, finished, failed };
  using State = Step (UrlParser::*)();

  Step scheme_start();
  Step scheme();
  Step scheme_end();
  Step no_scheme();
  Step special_relative_or_authority();
  Step path_or_authority();
  Step relative();
  Step relative_slash();
  Step special_authority_slashes();
  Step special_authority_ignore_slashes();
  Step authority();
  Step host();
  Step hostname();
  Step host_end();
  Step port();
  Step port_end();
  Step file();
  Step file_slash();
  Step file_host();
  Step file_host_end();
  Step path_start();
  Step path();
  Step opaque_path();
  Step query();
  Step fragment();

  static constexpr int end = -1;
  static State state_of(UrlPart part);
  Step run();
  int peek() const;
  int c() const { return c_; }
  std::string_view rest(std::size_t ahead = 0) const;
  bool is(int expected) const { return c_ == expected; }
  bool is_slash() const { return c_ == '/' || (c_ == '\\' && url_.is_special()); }
  bool ends_authority() const { return c_ == end || c_ == '/' || c_ == '?' || c_ == '#' || is_slash(); }
  Step go(State state, std::ptrdiff_t move = 0);
  Step go_tail();  // to the query or the fragment, as c says
  void take_authority(const Url& from);
  void take_credentials();
  void finish_segment();
  bool starts_with_drive_letter() const;
  bool parse_host_buffer();

  Url& url_;
  const Url* base_;
  std::string input_;
  std::ptrdiff_t at_ = 0;
  int c_ = end;
  State state_ = &UrlParser::scheme_start;
  bool setting_ = false;
  bool only_hostname_ = false;
  std::string buffer_;
  bool at_sign_seen_ = false;
  bool inside_brackets_ = false;
  bool password_seen_ = false;
};

}  // namespace mullion::headless
