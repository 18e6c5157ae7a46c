#include "site.hpp"

#include <algorithm>

namespace mullion::conformance {

namespace {

std::string mime_of(std::string_view name) {
  if (name.ends_with(".js")) return "text/javascript";
  return name.ends_with(".html") ? "text/html" : "application/octet-stream";
}

}  // namespace

Site::Site(std::string html, std::string preload, std::vector<std::pair<std::string, std::string>> files)
    : Site(main::BrowserWindowOptions{.web_preferences = {.preload = std::move(preload)}}, std::move(html),
           std::move(files)) {}

Site::Site(main::BrowserWindowOptions options, std::string html, std::vector<std::pair<std::string, std::string>> files)
    : window(app.open(std::move(options))), files_(std::move(files)) {
  files_.emplace_back("page.html", std::move(html));
  app->handle_app_protocol([this](std::string_view url) -> Result<main::App::Resource> {
    for (const auto& [name, text] : files_) {
      if (url != "app://test/" + name) continue;
      auto bytes = std::as_bytes(std::span(text));
      return main::App::Resource{{bytes.begin(), bytes.end()}, mime_of(name)};
    }
    return std::unexpected(Error{.kind = Kind::invalid, .code = "ENOENT", .message = "no such page"});
  });
  contents().on(listening, main::console_message,
                [this](const backend::ConsoleMessage& message) { console.push_back(message); });
  auto loaded = load("app://test/page.html");
  REQUIRE_MESSAGE(loaded, (loaded ? "" : loaded.error().message));
}

Result<> Site::load(const std::string& url) {
  auto loading = contents().load_url(url);
  return app.wait(std::move(loading));
}

bool Site::says(const std::string& text) {
  return app.until([&] {
    return std::any_of(console.begin(), console.end(), [&](const auto& message) { return message.message == text; });
  });
}

Result<Value> Site::run(const std::string& script) {
  auto running = contents().execute_java_script(script);
  return app.wait(std::move(running));
}

}  // namespace mullion::conformance
