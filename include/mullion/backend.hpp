// What a renderer backend implements: it turns a URL into a live page and says what becomes of it.
//
// A backend has two halves. In the main process a *factory* makes a *view* for each window; in the process that runs a
// page's script a *renderer* has a *frame* for each place that shows documents. Everything a page author sees
// (preloads, contextBridge, ipcRenderer, ports) is made once, above this interface, from the script::Context objects
// that the renderer half reports.
//
// Who starts the renderer processes? An engine that starts none lets the view call ViewHost::start_renderer: a process
// of this program, for that view alone, with `post` between the two halves. An engine that has processes of its own
// (Chromium) implements run_process, joins main from there, and shows the view's introduction in each frame.
//
//   class Text final : public mullion::backend::Backend {
//     std::string_view name() const override { return "text"; }
//     Result<std::unique_ptr<ViewFactory>> create_factory(FactoryHost&) const override { ... }
//     Result<std::unique_ptr<Renderer>> create_renderer(RendererHost& host) const override { ... }
//   };
//
// Threads: every call is made on, and must be made on, the loop's thread of the process it happens in. Neither side
// calls back from inside a call made to it, except where said.
// Lifetime: a host outlives the half it was given to.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mullion/backend_report.hpp"
#include "mullion/base/error.hpp"
#include "mullion/base/rectangle.hpp"
#include "mullion/base/unique_fd.hpp"
#include "mullion/ipc/value.hpp"
#include "mullion/process/input_event.hpp"
#include "mullion/process/isolation.hpp"

namespace mullion {

class Loop;
namespace script {
class Context;
}
namespace renderer {
class Page;
}

namespace backend {

// What a view is in: a window of its own; an area of a window that View::attach names; or memory, where nobody looks at
// it but the program. A backend that has windows and not the others refuses those: create_view answers `unimplemented`.
enum class Place : std::uint8_t { window, child, memory };

struct ViewOptions {
  Place place = Place::window;
  std::string title = "Mullion";
  int width = 800;  // device independent pixels
  int height = 600;
  struct Position {
    int x = 0, y = 0;
  };
  std::optional<Position> position{};  // on the screen; none is its middle
  bool show = true;
};

// How a window stands on a screen.
struct WindowState {
  Rectangle bounds{};  // of the page in it
  bool visible = false;
  bool minimized = false;
  bool focused = false;
};

// A picture as a PNG, or why there is none.
using Captured = std::move_only_function<void(Result<std::vector<std::byte>>)>;

// Main process: what a view asks of Mullion and must report to it.
class ViewHost {
 public:
  virtual Loop& loop() = 0;
  // Starts a process of this program in the role renderer, which makes this backend's renderer half. For engines that
  // start no processes of their own. After the renderer is gone it may be called again.
  // An `isolated` one reads no file once Backend::create_renderer has returned there; what a page needs, main sends.
  // What an engine reads late (a time zone, a font, a library), it must read in that call. `same_user` gives that up.
  virtual Result<> start_renderer(Isolation isolation) = 0;
  virtual bool renderer_running() const = 0;
  // To the renderer half's on_message, in order. `disconnected` when there is none that start_renderer began.
  virtual Result<> post(Value message) = 0;
  // For engines that start processes of their own: what the renderer half gives to RendererHost::create_frame before
  // the first script of each document that `url` and its successors in this view are. Whoever has it may speak for this
  // view: it is for the process that shows the view, and nobody else's. Asking again ends the last one. Opaque bytes.
  virtual std::string introduction(std::string_view url) = 0;
  // The same for the frames within those documents (iframes), of whatever process: who has it never speaks for more
  // than such a frame. "" when the program wants no preloads there. It ends with the introduction: ask for it
  // afterwards.
  virtual std::string sub_frame_introduction() = 0;
  // Of a frame within the page, as create_frame calls it: where its document is from, told when that changes and before
  // confirm_frame says yes; and that the engine took it away. Both may be told from inside any call.
  virtual void sub_frame_navigated(std::string_view frame, std::string url) = 0;
  virtual void sub_frame_gone(std::string_view frame) = 0;

  virtual void did_start_loading() = 0;
  virtual void did_navigate(std::string url) = 0;  // the document at `url` replaced the last one
  virtual void dom_ready() = 0;
  virtual void did_finish_load() = 0;
  virtual void did_fail_load(LoadFailure failure) = 0;
  virtual void did_stop_loading() = 0;  // last of a load, after finish or failure
  virtual void title_updated(std::string title) = 0;
  virtual void console_message(ConsoleMessage message) = 0;
  // The user or the page wants the window closed; the program's close listeners decide.
  virtual void close_requested() = 0;
  // Engines that start processes of their own: the one that shows this view ended. Electron's words for the reason:
  // "clean-exit", "abnormal-exit", "killed", "crashed", "oom", "launch-failed".
  virtual void render_process_gone(std::string reason, int code) = 0;
  // The view's Window::state() is another, or may be.
  virtual void window_changed() = 0;
  virtual void dev_tools_changed(bool open) = 0;  // another than was told; nobody need have asked for it
  virtual void painted(const Paint& paint) = 0;   // an off-screen view

 protected:
  ~ViewHost() = default;
};

// Main process: a window on a screen. What is asked for may come late, otherwise or not at all: whenever state() has
// changed, ViewHost::window_changed says so; not needed for what has changed when the call returns.
class Window {
 public:
  virtual WindowState state() const = 0;
  virtual void set_bounds(const Rectangle& bounds) = 0;
  virtual void show() = 0;  // and focuses
  virtual void hide() = 0;
  virtual void minimize() = 0;
  virtual void restore() = 0;
  virtual void focus() = 0;

 protected:
  ~Window() = default;
};

// Main process: one window or off-screen view. Destroying it ends what it shows; nothing is reported after.
class View {
 public:
  virtual ~View() = default;
  virtual Result<> load(std::string url) = 0;  // the outcome is reported; an error here means nothing was begun
  virtual Result<> reload() = 0;
  virtual void stop() = 0;
  virtual void set_title(std::string_view title) = 0;
  // The window that shows it, for as long as this lives. Without one Mullion keeps a record in its place.
  virtual Window* window() { return nullptr; }
  virtual bool is_shown() const { return false; }  // in a window that somebody may look at
  // From the renderer half's `post`, in order. Hostile: the sender may be a page that took its process over.
  virtual void on_message(Value) {}
  // The renderer that start_renderer began has ended, or the process whose frame was this view's has hung up.
  virtual void renderer_gone() {}
  // A process that the engine started says, by an introduction of this view's, that it shows this view (`frame` is ""),
  // or the frame within its page that create_frame called so. Whether that very frame is that process's is answered
  // once, as soon as it is known; until then nothing that it says there is heard.
  virtual void confirm_frame(int pid, std::string_view frame, std::move_only_function<void(bool)> answer) {
    (void)pid;
    answer(frame.empty());
  }
  // A picture of what the page looks like now, or of an area of it, in the page's pixels. Answered once and within
  // seconds; a backend that draws nothing leaves this alone.
  virtual void capture(std::optional<Rectangle> area, Captured answer) {
    (void)area;
    answer(std::unexpected(Error{.kind = Kind::unimplemented,
                                 .code = "capture",
                                 .message = "this backend draws nothing: there is no picture of a page"}));
  }
  // Child views: shown in `parent`'s window, on top; it may be in another one, or be there already. Of the same
  // backend; each of them leaves before `parent` ends.
  virtual Result<> attach(View& parent) {
    (void)parent;
    return {};
  }
  virtual void detach() {}  // from its window: it lives on, unseen
  // Where it is in its window, whether or not it is in one now.
  virtual void set_area(const Rectangle& area, bool visible) { (void)area, (void)visible; }
  // What a user would do. `unimplemented` where nobody could.
  virtual Result<> send_input(const MouseInputEvent&) { return no_input(); }
  virtual Result<> send_input(const KeyboardInputEvent&) { return no_input(); }
  // Off-screen views: what the program wants painted, and how often at most.
  virtual void set_size(int width, int height) { (void)width, (void)height; }
  virtual void set_frame_rate(int per_second) { (void)per_second; }
  virtual void set_painting(bool on) { (void)on; }
  virtual void invalidate() {}  // all of it is to be painted again
  // The engine's own tools for the page, in a window of theirs, which is no view. They go with the view.
  virtual Result<> open_dev_tools() {
    return std::unexpected(
        Error{.kind = Kind::unimplemented, .code = "devtools", .message = "this backend has no developer tools"});
  }
  virtual void close_dev_tools() {}
  // Asks the page whether it may go (beforeunload); the answer is given once, by `answer(true)` to go.
  virtual void before_unload(std::move_only_function<void(bool)> answer) = 0;

 private:
  static Result<> no_input() {
    return std::unexpected(Error{
        .kind = Kind::unimplemented, .code = "input", .message = "this backend's pages have no mouse and no keyboard"});
  }
};

// Main process: what a factory asks of Mullion and must report to it.
class FactoryHost {
 public:
  virtual Loop& loop() = 0;
  // Takes in a process that the engine started: `socket` is main's end of a Link::socket_pair() whose other end that
  // process gives to ProcessHost::join. It may do nothing until one of its frames shows an introduction.
  virtual Result<> adopt_renderer(UniqueFd socket) = 0;
  virtual Result<AppResource> app_resource(std::string_view url) = 0;
  // A process of the engine's that shows no page ended, and not because the engine does. type: "GPU", "Zygote",
  // "Utility", "Unknown".
  virtual void child_process_gone(std::string_view type, std::string_view reason, int code) = 0;

 protected:
  ~FactoryHost() = default;
};

// Main process: what a backend has once for all its views, such as the engine itself. Made before the first view;
// destroying it, after the last, shuts that down.
class ViewFactory {
 public:
  virtual ~ViewFactory() = default;
  virtual Result<std::unique_ptr<View>> create_view(ViewHost& host, const ViewOptions& options) = 0;
};

enum class World : std::uint8_t { main, isolated };

// Renderer process: one place that shows documents, one after the other. Destroying it: the place is gone.
class Frame {
 public:
  virtual ~Frame() = default;

  // For each document, before its first script: the main world, then the isolated one. Mullion evaluates its kernel in
  // each, and runs the preload inside the second call. The context must live until contexts_released.
  virtual Result<> context_created(World world, script::Context& context, std::string_view url) = 0;
  // The document is about to go: Mullion lets go of everything it holds in both worlds.
  virtual void contexts_released() = 0;

  // For a backend without a script engine: a page that is a C++ object. The preload runs inside this call, and what it
  // exposes is on the page when it returns. The page lives until page_released.
  virtual Result<renderer::Page*> page_created(std::string_view url) = 0;
  virtual void page_released() = 0;
};

// Renderer process: what the renderer half asks of Mullion.
class RendererHost {
 public:
  virtual Loop& loop() = 0;
  // To the view's on_message, in order. Only in a process that start_renderer began.
  virtual Result<> post(Value message) = 0;
  // `introduction` is the view's; "" in a process that start_renderer began, which has one frame. `name` is what the
  // engine calls the frame in both of its halves; it is "" of a main frame. A frame within a page is one document's:
  // the next one is another frame. `invalid`: it cannot be read. The frame must end before the renderer half does.
  virtual Result<std::unique_ptr<Frame>> create_frame(std::string_view introduction, std::string_view name) = 0;
  // Answered once, never from inside the call; not at all when the process ends first.
  using AppResourceAnswer = std::move_only_function<void(Result<AppResource>)>;
  virtual void fetch_app_resource(std::string_view url, AppResourceAnswer answer) = 0;

 protected:
  ~RendererHost() = default;
};

// Renderer process: runs pages. One in each process that start_renderer began.
class Renderer {
 public:
  virtual ~Renderer() = default;
  virtual void on_message(Value message) = 0;  // from the view's `post`, in order
};

// A process that the engine started from this program's executable.
class ProcessHost {
 public:
  // Joins main over the other end of what main got by FactoryHost::adopt_renderer. Called on the thread that runs the
  // pages' scripts; `post` runs a task on that thread, and may be called on any. What is returned, and the loop that it
  // names, belong to that thread and live until leave(). Once.
  using Post = std::move_only_function<void(std::move_only_function<void()> task) const>;
  virtual Result<RendererHost*> join(UniqueFd socket, Post post) = 0;
  virtual void leave() = 0;  // every frame has ended; the script thread runs no more

 protected:
  ~ProcessHost() = default;
};

// A backend, named in Program::backends. Immutable; used in all processes alike.
class Backend {
 public:
  virtual ~Backend() = default;
  virtual std::string_view name() const = 0;
  virtual Result<std::unique_ptr<ViewFactory>> create_factory(FactoryHost& host) const = 0;
  // For processes that ViewHost::start_renderer began.
  virtual Result<std::unique_ptr<Renderer>> create_renderer(RendererHost& host) const = 0;
  // If this command line is that of a process which the engine started: runs it and answers its exit code. Called first
  // thing in run(), before Mullion has a loop, a thread or a descriptor.
  virtual std::optional<int> run_process(int argc, char** argv, ProcessHost& host) const {
    (void)argc, (void)argv, (void)host;
    return std::nullopt;
  }
};

}  // namespace backend
}  // namespace mullion
