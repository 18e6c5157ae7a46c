// A page inside a window, beside the window's own.
#pragma once

#include <memory>
#include <string>

#include "mullion/base/rectangle.hpp"
#include "mullion/process/web_contents.hpp"
#include "mullion/process/web_preferences.hpp"

namespace mullion::main {

namespace detail {
struct ChildView;
}

struct WebContentsViewOptions {
  std::string backend{};  // a name in Program::backends, that of the windows it is for; "" is the first
  transport::Medium transport = transport::Medium::automatic;
  WebPreferences web_preferences{};
};

// A page with a renderer process of its own, shown in an area of a window, above the window's page. A small copyable
// handle: the App owns the view. Loop thread. A call on a view that is gone answers `disconnected`, code "destroyed".
//
//   auto side = main::WebContentsView::create(app);
//   if (!side) co_return std::unexpected(side.error());
//   (void)window.add_child_view(*side);
//   (void)side->set_bounds({.x = 600, .y = 0, .width = 200, .height = 600});
//   co_return co_await side->web_contents().load_file("side.html");
//
// - It may load, run scripts and send messages before it is in a window; nobody sees it then, and pages may draw
//   nothing.
// - It ends by web_contents().close() (a page's window.close() is that, too), with the window that it is in (Electron
//   leaves it alive there), and with the App. It is no window: it keeps no program running.
// - Where nothing is on a screen, all of this is a record, and pages live as they do elsewhere.
class WebContentsView {
 public:
  // As BrowserWindow::create; `invalid` for an off-screen page, `unimplemented` from backends that have no such views.
  static Result<WebContentsView> create(App& app, WebContentsViewOptions options = {});

  explicit WebContentsView(std::shared_ptr<detail::ChildView> view) : view_(std::move(view)) {}

  bool is_destroyed() const;
  WebContents web_contents() const;
  Rectangle bounds() const;  // at first empty, so that nothing of it is seen
  // From the top left corner of the window's page. `invalid`, code "bounds", as BrowserWindow's; a length may be 0.
  Result<> set_bounds(const Rectangle& bounds) const;
  bool is_visible() const;  // as it was set; at first true
  void set_visible(bool visible) const;

  friend bool operator==(const WebContentsView& a, const WebContentsView& b) { return a.view_ == b.view_; }

 private:
  friend class BrowserWindow;
  std::shared_ptr<detail::ChildView> view_;
};

}  // namespace mullion::main
