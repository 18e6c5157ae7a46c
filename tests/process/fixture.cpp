#include "fixture.hpp"

namespace mullion::test {

main::BrowserWindow TestApp::show(const std::string& page, const std::string& preload) {
  auto window = open({.title = page, .web_preferences = {.preload = preload}});
  auto loading = window.web_contents().load_url(page_prefix + page);
  auto loaded = wait(std::move(loading));
  REQUIRE_MESSAGE(loaded, (loaded ? "" : loaded.error().message));
  return window;
}

}  // namespace mullion::test
