#include "live_app.hpp"

#include <poll.h>
#include <sys/prctl.h>

#ifdef __SANITIZE_ADDRESS__
// The leak check traces its own process, which an isolated one must not do.
extern "C" int __lsan_is_turned_off() { return prctl(PR_GET_SECCOMP) != 0; }
#endif

namespace mullion::test {

LiveApp::LiveApp(Program program) {
  loop_ = std::move(*Loop::create());
  app_ = std::move(*main::App::attach(*loop_, std::move(program)));
  app_->on(main::window_all_closed, [] {});
  REQUIRE(until([this] { return app_->is_ready(); }));
}

LiveApp::~LiveApp() { app_.reset(); }

void LiveApp::turn() {
  auto timeout = loop_->timeout();
  pollfd watched{loop_->fd(), POLLIN, 0};
  if (timeout != 0) poll(&watched, 1, timeout < 0 || timeout > 100 ? 100 : timeout);
  loop_->dispatch();
}

main::BrowserWindow LiveApp::open(main::BrowserWindowOptions options) {
  auto window = main::BrowserWindow::create(*app_, std::move(options));
  REQUIRE_MESSAGE(window, (window ? "" : window.error().message));
  return *window;
}

}  // namespace mullion::test
