#include "fixture.hpp"

#include <poll.h>

namespace mullion::test {

TestApp::TestApp() {
  loop_ = std::move(*Loop::create());
  app_ = std::move(*main::App::attach(*loop_, test_program()));
  app_->on(main::window_all_closed, [] {});
  REQUIRE(until([this] { return app_->is_ready(); }));
}

TestApp::~TestApp() { app_.reset(); }

void TestApp::turn() {
  loop_->dispatch();
  auto timeout = loop_->timeout();
  pollfd watched{loop_->fd(), POLLIN, 0};
  if (timeout != 0) poll(&watched, 1, timeout < 0 || timeout > 100 ? 100 : timeout);
}

main::BrowserWindow TestApp::show(const std::string& page, const std::string& preload) {
  auto window = main::BrowserWindow::create(*app_, {.title = page, .web_preferences = {.preload = preload}});
  REQUIRE(window);
  auto loading = window->load_url(page_prefix + page);
  auto loaded = wait(std::move(loading));
  REQUIRE_MESSAGE(loaded, (loaded ? "" : loaded.error().message));
  return *window;
}

}  // namespace mullion::test
