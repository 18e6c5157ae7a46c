#include "kit.hpp"

namespace mullion::conformance {

Plain::Plain(main::BrowserWindowOptions options) : window(app.open(std::move(options))) {
  app->handle_app_protocol([](std::string_view url) -> Result<main::App::Resource> {
    constexpr std::string_view text = "<!doctype html><title>Plain</title>";
    if (!url.ends_with("/page.html"))
      return std::unexpected(Error{.kind = Kind::invalid, .code = "ENOENT", .message = "no such page"});
    auto bytes = std::as_bytes(std::span(text));
    return main::App::Resource{{bytes.begin(), bytes.end()}, "text/html"};
  });
}

Result<> Plain::load(const std::string& url) {
  auto loading = contents().load_url(url);
  return app.wait(std::move(loading));
}

}  // namespace mullion::conformance
