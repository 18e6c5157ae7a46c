// A window's page, as main sees it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mullion/backend_report.hpp"
#include "mullion/base/task.hpp"
#include "mullion/ipc/channel.hpp"
#include "mullion/ipc/port.hpp"
#include "mullion/ipc/value.hpp"
#include "mullion/process/body.hpp"
#include "mullion/process/events.hpp"
#include "mullion/process/input_event.hpp"
#include "mullion/transport/medium.hpp"

namespace mullion {

namespace process {
struct Outgoing;
}

namespace main {

class App;
class WebContents;

namespace detail {
struct Contents;
struct FramePlace;
}  // namespace detail

// Why a renderer process ended. reason: "clean-exit", "abnormal-exit", "killed", "crashed", "launch-failed" as in
// Electron, and "protocol" when Mullion ended it because its link carried a lie.
struct RenderProcessGone {
  std::string reason;
  int exit_code = 0;  // exit code, or the signal's number
};

struct PreloadError {
  std::string path;  // the preload's name or file
  Error error;
};

// What a page looked like.
struct Picture {
  int width = 0;  // pixels of the picture
  int height = 0;
  std::vector<std::byte> png{};
};

// A frame of a page: the page's own (main), or an iframe whose preload runs (WebPreferences::preload_in_sub_frames). A
// small copyable handle; loop thread.
//
// - The main frame is a place that shows documents: messages go to the document that is there now, and what is sent
//   before the first load reaches the first document's preload.
// - An iframe's is one document: once that has gone, by navigation, removal or with its process, the handle stands for
//   nothing, calls answer `disconnected`, code "destroyed", and the next document there is another WebFrame. Electron
//   keeps one WebFrameMain for both.
class WebFrame {
 public:
  // To the preload's ipc_renderer().on(channel). `disconnected` when the page is gone.
  Result<> send(std::string_view channel, std::vector<Value> arguments = {}) const;
  // The same with ports, which leave the caller if and only if this succeeds.
  Result<> post_message(std::string_view channel, const Value& message, std::vector<MessagePort>& ports) const;
  template <class... Ports>
  Result<> post_message(std::string_view channel, const Value& message, Ports&&... ports) const {
    MessagePort* each[] = {&ports..., nullptr};
    return post_each(channel, message, each, sizeof...(ports));
  }
  std::string url() const;  // as the engine knows it; "" of an iframe that is gone
  bool is_main() const { return is_main_; }
  bool is_destroyed() const;
  WebFrame top() const;    // the page's own
  int process_id() const;  // of the renderer process that it is in; 0 when none shows it. Electron's osProcessId

  friend bool operator==(const WebFrame& a, const WebFrame& b);

 private:
  friend class WebContents;
  friend struct detail::Contents;
  explicit WebFrame(std::shared_ptr<detail::Contents> contents) : contents_(std::move(contents)) {}
  WebFrame(std::shared_ptr<detail::Contents> contents, std::weak_ptr<detail::FramePlace> place)
      : contents_(std::move(contents)), place_(std::move(place)), is_main_(false) {}
  Result<> post_each(std::string_view channel, const Value& message, MessagePort** ports, std::size_t count) const;
  Result<> send_message(const process::Outgoing& message, MessagePort** ports, std::size_t count) const;
  std::shared_ptr<detail::Contents> contents_;
  std::weak_ptr<detail::FramePlace> place_;
  bool is_main_ = true;
};

// A page: what it shows, where it is, and the messages to it. A small copyable handle; the App owns the page.
// Loop thread. A call on a page that is gone answers `disconnected`, code "destroyed".
class WebContents : public Emits<WebContents> {
 public:
  explicit WebContents(std::shared_ptr<detail::Contents> contents) : contents_(std::move(contents)) {}

  std::uint32_t id() const;
  bool is_destroyed() const;
  WebFrame main_frame() const { return WebFrame(contents_); }
  // The main frame, then the iframes whose preloads run, in the order in which their documents began.
  std::vector<WebFrame> frames() const;
  std::string url() const;
  std::string title() const;
  bool is_loading() const;
  bool is_crashed() const;              // the renderer process ended and was not started again
  int process_id() const;               // of the renderer process; 0 when none runs
  transport::Medium transport() const;  // what its link runs over

  // Ends when the load did: success is did_finish_load. Errors carry Chromium's name as code ("ERR_FILE_NOT_FOUND")
  // and say `DESC (CODE) loading 'URL'`. Another load meanwhile: ERR_ABORTED. The page gone: `disconnected`.
  Task<Result<>> load_url(std::string_view url) const;
  // A file, relative to the working directory.
  Task<Result<>> load_file(std::string_view path) const;
  // Begins a load and does not wait.
  Result<> start_load(std::string_view url) const;
  Result<> reload() const;  // starts the renderer again if it is gone
  void stop() const;

  Result<> send(std::string_view channel, std::vector<Value> arguments = {}) const {
    return main_frame().send(channel, std::move(arguments));
  }
  template <class... Ports>
  Result<> post_message(std::string_view channel, const Value& message, Ports&&... ports) const {
    return main_frame().post_message(channel, message, std::forward<Ports>(ports)...);
  }
  // Runs a script in the main world, waits while the page loads, follows a promise. What cannot be cloned, and what
  // the script throws, is an error with the class's name as code.
  Task<Result<Value>> execute_java_script(std::string_view code) const;
  // What the page looks like now. `failed`, code "capture", within seconds, when the page draws nothing, as one in a
  // hidden window may not; `unimplemented` where nothing is drawn; `disconnected` when the page went meanwhile.
  Task<Result<Picture>> capture_page() const;
  Task<Result<Picture>> capture_page(const Rectangle& area) const;  // of the page's visible part, in its pixels

  // What a user would do to the page, in a window or off-screen. `invalid` for a key of no such name, `unimplemented`
  // where a page has no mouse and no keyboard.
  Result<> send_input_event(const MouseInputEvent& event) const;
  Result<> send_input_event(const KeyboardInputEvent& event) const;

  // Off-screen pages (WebPreferences::offscreen); of others nothing is painted.
  bool is_offscreen() const;
  bool is_painting() const;  // from the start
  void start_painting() const;
  void stop_painting() const;  // the page goes on
  void invalidate() const;     // paints all of it again
  int frame_rate() const;      // 60
  // At most so many paints a second, 1 to 240; beyond that `invalid`.
  Result<> set_frame_rate(int per_second) const;

  // The engine's developer tools, in a window of their own that is none of the App's. `unimplemented` where there are
  // none. devtools_opened follows.
  Result<> open_dev_tools() const;
  void close_dev_tools() const;
  bool is_dev_tools_opened() const;

  // Ends the page without asking it, and with it the window or the view that shows it.
  void close() const;
  // Ends the renderer process with SIGKILL; render_process_gone follows.
  void forcefully_crash_renderer() const;

  friend bool operator==(const WebContents& a, const WebContents& b) { return a.contents_ == b.contents_; }
  Emitter& emitter() const;

 private:
  std::shared_ptr<detail::Contents> contents_;
};

inline constexpr Event<> did_start_loading{"did-start-loading"};
inline constexpr Event<> dom_ready{"dom-ready"};
inline constexpr Event<> did_finish_load{"did-finish-load"};
inline constexpr Event<const backend::LoadFailure&> did_fail_load{"did-fail-load"};
inline constexpr Event<> did_stop_loading{"did-stop-loading"};
inline constexpr Event<const std::string&> did_navigate{"did-navigate"};              // the new document's URL
inline constexpr Event<const std::string&> page_title_updated{"page-title-updated"};  // the title
inline constexpr Event<const backend::ConsoleMessage&> console_message{"console-message"};
inline constexpr Event<const PreloadError&> preload_error{"preload-error"};
inline constexpr Event<const RenderProcessGone&> render_process_gone{"render-process-gone"};
// The thread that runs the page's scripts does not answer, while something waits for the page or its window is shown:
// after WebPreferences::unresponsive_after_ms, once, until `responsive` or render_process_gone. A page that waits for
// main (sendSync) answers; one that shows alert() or stands in a debugger does not.
inline constexpr Event<> unresponsive{"unresponsive"};
inline constexpr Event<> responsive{"responsive"};
// An off-screen page has drawn; what it drew is lent to the listeners. Never where a backend draws nothing.
inline constexpr Event<const backend::Paint&> paint{"paint"};
inline constexpr Event<> devtools_opened{"devtools-opened"};
inline constexpr Event<> devtools_closed{"devtools-closed"};  // by the program, the user, or with the page
// The page asks to stay (beforeunload) when its window is closed. To prevent that is to close the window all the same.
inline constexpr Event<CancelableEvent&> will_prevent_unload{"will-prevent-unload"};
inline constexpr Event<> destroyed{"destroyed"};

}  // namespace main
}  // namespace mullion
