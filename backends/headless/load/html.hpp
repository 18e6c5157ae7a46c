// What a headless page takes from its HTML: its title, its base, and its scripts in document order.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "headless/url/url.hpp"

namespace mullion::headless {

// A <script> that browsers would act on: data blocks, scripts in <template> and <noscript>, and scripts in SVG are not
// among them.
struct ScriptTag {
  bool module = false;
  bool external = false;     // has a src attribute
  std::optional<Url> url{};  // of the script; empty when src does not parse
  std::string source{};      // of an inline script
  int line = 1;              // of the document, where the inline source or else the tag begins
  bool defer = false;
  std::vector<std::pair<std::string, std::string>> attributes{};
};

struct HtmlDocument {
  std::string title{};
  Url base{};
  std::vector<ScriptTag> scripts{};
};

// Parses as browsers do (libgumbo). `text` is UTF-8; a <base> counts for the scripts after it.
HtmlDocument parse_html(std::string_view text, const Url& document);

}  // namespace mullion::headless
