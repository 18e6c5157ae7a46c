// The main process's object.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "mullion/common.hpp"
#include "mullion/process/browser_window.hpp"
#include "mullion/process/ipc_main.hpp"
#include "mullion/process/utility_process.hpp"

namespace mullion {
class Loop;  // base/loop.hpp, for who embeds an App or sets timers
}

namespace mullion::main {

namespace detail {
struct AppState;
AppState& state_of(App& app);
Result<std::unique_ptr<App>> open_app(Loop& loop, Program program, std::vector<std::string> arguments,
                                      std::move_only_function<void(int)> ended);
// Makes a backend's factory now, and not with its first window.
Result<> open_backend(App& app, std::string_view name);
}  // namespace detail

// A child that ended otherwise than by exit 0, and was not a renderer. type: "Utility"; of an engine's own processes
// also "GPU", "Zygote", and "Unknown" of one that ended before it could be told. name: the utility's service name, or
// the backend's name.
// reason: "abnormal-exit", "killed", "crashed", "launch-failed", "protocol" (its link carried a lie).
struct ChildProcessGone {
  std::string type;
  std::string name;
  std::string reason;
  int exit_code = 0;  // exit code, or the signal's number
};

// The link between two children was closed because one says that the other lied on it: it is one's word against the
// other's. Neither is ended; ports between them close with "protocol", and after three such links they get no other.
struct ChildQuarrel {
  std::string from, other;  // names, as in ProcessMetric
  int from_pid = 0, other_pid = 0;
  std::string why;  // what the first says of the second
};

// One row for each live process of the program.
struct ProcessMetric {
  int pid = 0;
  std::string type;  // "Browser", "Tab" or "Utility", as in Electron
  std::string name;
  std::uint64_t memory_bytes = 0;  // resident set
  transport::Medium transport = transport::Medium::in_process;
  std::uint64_t messages_sent = 0;  // records on its link, from main
  std::uint64_t messages_received = 0;
};

// The program's main process: windows, utility processes, messages and the program's end. One in a process, made by
// run() or attach(). Loop thread.
//
// Life, as in Electron: `ready`; the entry; windows; when the last is closed `window_all_closed`, which quits if
// nobody listens; quit() asks by `before_quit`, closes each window (each may refuse), then `will_quit`, then `quit`.
class App : public Emits<App> {
 public:
  // For a program that keeps its own main() and loop: `ready` and the entry follow in the loop's next turn. In a child
  // process run() must have been called instead; attach() answers `invalid` there.
  static Result<std::unique_ptr<App>> attach(Loop& loop, Program program);
  ~App();
  App(const App&) = delete;
  App& operator=(const App&) = delete;

  Loop& loop() const;
  const std::vector<std::string>& arguments() const;  // the command line after the program's name
  bool is_ready() const;
  IpcMain& ipc_main() const;

  // Two entangled ports, both here. `overloaded` when the quota is used up.
  Result<MessageChannel> create_channel() const;
  // Runs the task until it ends or the app does. An error that it returns is logged.
  void spawn(Task<Result<>> task) const;
  void spawn(Task<> task) const;
  // Answers what pages of every window load from app: URLs: the whole URL, without its fragment.
  using Resource = backend::AppResource;  // bytes and MIME type
  void handle_app_protocol(std::move_only_function<Result<Resource>(std::string_view url)> handler) const;

  void quit() const;              // may be prevented; does nothing while it is under way
  void exit(int code = 0) const;  // asks nobody; windows are destroyed, children ended, `quit` comes
  std::vector<ProcessMetric> get_app_metrics() const;

  Emitter& emitter() const;

 private:
  friend detail::AppState& detail::state_of(App& app);
  friend Result<std::unique_ptr<App>> detail::open_app(Loop& loop, Program program, std::vector<std::string> arguments,
                                                       std::move_only_function<void(int)> ended);
  explicit App(std::unique_ptr<detail::AppState> state);
  std::unique_ptr<detail::AppState> state_;
};

inline constexpr Event<> ready{"ready"};
inline constexpr Event<> window_all_closed{"window-all-closed"};
inline constexpr Event<CancelableEvent&> before_quit{"before-quit"};
inline constexpr Event<CancelableEvent&> will_quit{"will-quit"};
inline constexpr Event<int> quit{"quit"};  // the exit code
inline constexpr Event<const ChildProcessGone&> child_process_gone{"child-process-gone"};
inline constexpr Event<const ChildQuarrel&> child_quarrel{"child-quarrel"};
inline constexpr Event<WebContents> web_contents_created{"web-contents-created"};
inline constexpr Event<BrowserWindow> browser_window_created{"browser-window-created"};
inline constexpr Event<BrowserWindow> browser_window_focus{"browser-window-focus"};
inline constexpr Event<BrowserWindow> browser_window_blur{"browser-window-blur"};

}  // namespace mullion::main
