// The pages of these tests: given as text, served by main from app://test/.
#pragma once

#include <string>
#include <vector>

#include "kit.hpp"

namespace mullion::conformance {

// An app with a window whose page is this text; what the page says on its console, in order.
struct Site {
  test::LiveApp app{program()};
  std::vector<backend::ConsoleMessage> console;
  Scope listening;  // to the console
  main::BrowserWindow window;

  // Serves more files as app://test/NAME.
  explicit Site(std::string html, std::string preload = "",
                std::vector<std::pair<std::string, std::string>> files = {});
  Site(main::BrowserWindowOptions options, std::string html,
       std::vector<std::pair<std::string, std::string>> files = {});
  main::WebContents contents() { return window.web_contents(); }
  Result<> load(const std::string& url);
  // Runs until the page has said this on its console.
  bool says(const std::string& text);
  // The n-th message of the console, "" when there is none.
  std::string said(std::size_t n) const { return n < console.size() ? console[n].message : ""; }
  Result<Value> run(const std::string& script);

 private:
  std::vector<std::pair<std::string, std::string>> files_;
};

}  // namespace mullion::conformance
