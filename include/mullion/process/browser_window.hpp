// A window with a page in it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mullion/process/web_contents.hpp"
#include "mullion/process/web_contents_view.hpp"
#include "mullion/process/web_preferences.hpp"

namespace mullion::main {

namespace detail {
struct Window;
}

struct BrowserWindowOptions {
  std::string title = "Mullion";
  int width = 800;  // device independent pixels, of the page: a window manager's frame is around that
  int height = 600;
  std::optional<int> x{};  // on the screen; x and y or neither: the middle of the screen
  std::optional<int> y{};
  bool show = true;       // and focused
  std::string backend{};  // a name in Program::backends; "" is the first
  transport::Medium transport = transport::Medium::automatic;
  WebPreferences web_preferences{};
};

// A window. A small copyable handle: the App owns the window, which stays open without a handle, as in Electron.
// Loop thread. A call on a window that is gone answers `disconnected`, code "destroyed".
//
//   auto window = main::BrowserWindow::create(app, {.title = "First", .web_preferences = {.preload = "bridge"}});
//   if (!window) co_return std::unexpected(window.error());
//   co_return co_await window->load_file("index.html");
//
// On a screen, bounds, visibility and focus are what the display server and its window manager make of what was asked
// for: they may come later, otherwise, or not at all (without a window manager nothing is minimized). Where a backend
// has no screen the same calls keep a record and tell the same events: the window that was shown or focused last has
// the focus; one that has no position is at 0, 0.
class BrowserWindow : public Emits<BrowserWindow> {
 public:
  // `failed` before the app is ready, `invalid` for an unknown backend or bounds that no screen has, and what the
  // backend says.
  static Result<BrowserWindow> create(App& app, BrowserWindowOptions options = {});
  static std::vector<BrowserWindow> get_all_windows(App& app);  // in the order they were made
  static std::optional<BrowserWindow> get_focused_window(App& app);

  explicit BrowserWindow(std::shared_ptr<detail::Window> window) : window_(std::move(window)) {}

  std::uint32_t id() const;  // readable after the window is gone
  bool is_destroyed() const;
  WebContents web_contents() const;
  std::string title() const;
  Result<> set_title(std::string_view title) const;

  Task<Result<>> load_url(std::string_view url) const { return web_contents().load_url(url); }
  Task<Result<>> load_file(std::string_view path) const { return web_contents().load_file(path); }

  Rectangle bounds() const;  // the last, once the window is gone
  // `invalid`, code "bounds": a length below 1 or above 32767.
  Result<> set_bounds(const Rectangle& bounds) const;
  bool is_visible() const;  // shown, if perhaps behind another window or minimized
  bool is_minimized() const;
  bool is_focused() const;  // the keyboard is its
  void show() const;        // and focuses it
  void hide() const;
  void minimize() const;
  void restore() const;  // from minimized
  void focus() const;    // if it is visible

  // On top of those that are there, also when it was there before; a view that is in another window leaves that.
  // `invalid` for one of another backend, `unimplemented` for a window that can show none: an off-screen one, or one
  // that the program made.
  Result<> add_child_view(const WebContentsView& view) const;
  Result<> remove_child_view(const WebContentsView& view) const;  // it lives on; of one that is not there: nothing
  std::vector<WebContentsView> child_views() const;               // the last is on top

  // Asks: `close` listeners may prevent it, then the page may (beforeunload). Then `closed`.
  void close() const;
  // Closes without asking. `closed` follows.
  void destroy() const;

  friend bool operator==(const BrowserWindow& a, const BrowserWindow& b) { return a.window_ == b.window_; }
  Emitter& emitter() const;

 private:
  std::shared_ptr<detail::Window> window_;
};

inline constexpr Event<CancelableEvent&> close{"close"};
inline constexpr Event<> closed{"closed"};
// What has become of the window, whoever did it: told in a later turn, and not for how the window was made. Electron's
// `resize`, `move`, and the others by their names.
inline constexpr Event<> resized{"resize"};
inline constexpr Event<> moved{"move"};
inline constexpr Event<> focus{"focus"};
inline constexpr Event<> blur{"blur"};
inline constexpr Event<> show{"show"};
inline constexpr Event<> hide{"hide"};
inline constexpr Event<> minimize{"minimize"};
inline constexpr Event<> restore{"restore"};

}  // namespace mullion::main
