// A window and its page, and how it stands where nothing is on a screen. Private.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "mullion/backend.hpp"
#include "mullion/main.hpp"

namespace mullion::main::detail {

struct ChildView;
struct Contents;

// How a window would stand, for backends that show none. The one that was focused last has the focus.
class WindowRecord final : public backend::Window {
 public:
  // `focused` is the app's. `changed` is called when another window's focus ends this one's.
  WindowRecord(Rectangle bounds, WindowRecord*& focused, std::function<void()> changed);
  ~WindowRecord();
  WindowRecord(const WindowRecord&) = delete;
  WindowRecord& operator=(const WindowRecord&) = delete;

  backend::WindowState state() const override;
  void set_bounds(const Rectangle& bounds) override { state_.bounds = bounds; }
  void show() override;
  void hide() override;
  void minimize() override;
  void restore() override;
  void focus() override;

 private:
  void blur();

  backend::WindowState state_;
  WindowRecord*& focused_;
  std::function<void()> changed_;
};

// A window and its page. The page's events and the window's are apart, as in Electron.
struct Window : std::enable_shared_from_this<Window> {
  void open(const BrowserWindowOptions& options);  // its page's view is there
  void close();                                    // asks
  void destroy();                                  // does not
  void let_go();                                   // the app has ended, and tells nobody
  backend::Window& place();                        // while there is a view
  void changed();                                  // tells what has become of it since it was told last

  AppState* app = nullptr;  // null once the window is gone
  std::uint32_t id = 0;
  Emitter emitter;
  std::string title;
  std::shared_ptr<Contents> contents;
  bool closing = false;
  backend::WindowState told;                         // the last that listeners were told
  std::vector<std::shared_ptr<ChildView>> children;  // the last is on top

 private:
  void ask_page();
  void tell(const Event<>& event);
  void tell_focus();
  void resized();

  std::unique_ptr<WindowRecord> record_;
};

}  // namespace mullion::main::detail
