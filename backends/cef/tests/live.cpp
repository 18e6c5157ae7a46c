#include "live.hpp"

#include <poll.h>
#include <unistd.h>

#include <cstdio>
#include <span>

namespace mullion::cef::test {

Program live_program(Options options) {
  options.sandbox = geteuid() != 0;
  options.work = with_own_thread() ? Work::on_thread : Work::on_loop;
  return {.backends = {backend(std::move(options))}};
}

Live::Live(Options options) : loop_(std::move(*Loop::create())) {
  app_ = std::move(*main::App::attach(*loop_, live_program(std::move(options))));
  app_->on(main::window_all_closed, [] {});
  app_->handle_app_protocol([this](std::string_view url) -> Result<main::App::Resource> {
    auto found = pages.find(std::string(url.substr(0, url.find('?'))));
    if (found == pages.end())
      return std::unexpected(Error{.kind = Kind::invalid, .code = "ENOENT", .message = "no such page"});
    auto bytes = std::as_bytes(std::span(found->second));
    return main::App::Resource{{bytes.begin(), bytes.end()}, "text/html"};
  });
  until([this] { return app_->is_ready(); });
}

Live::~Live() { app_.reset(); }

void Live::turn() {
  auto timeout = loop_->timeout();
  pollfd watched{loop_->fd(), POLLIN, 0};
  if (timeout != 0) poll(&watched, 1, timeout < 0 || timeout > 100 ? 100 : timeout);
  loop_->dispatch();
}

bool Live::load(const main::WebContents& contents, const std::string& url) {
  auto loading = contents.load_url(url);
  auto loaded = wait(std::move(loading));
  bool well = loaded && *loaded;
  if (!well) std::printf("# %s: %s\n", url.c_str(), loaded ? loaded->error().message.c_str() : "never");
  return well;
}

std::string Live::run(const main::WebContents& contents, const std::string& script) {
  auto running = contents.execute_java_script(script);
  auto value = wait(std::move(running));
  if (!value) return "never";
  if (!*value) return value->error().code + ": " + value->error().message;
  return (*value)->is_string() ? (*value)->string() : (*value)->inspect();
}

}  // namespace mullion::cef::test
