// What a renderer backend implements: it turns a URL into a live page and says what becomes of it.
//
// A backend has two halves. The *view* lives in the main process, one for each window; the *renderer* lives in the
// process that runs the page's script. Mullion stands between them: `post` carries values from one half to the other
// in order, and everything a page author sees (preloads, contextBridge, ipcRenderer, ports) is made once, above this
// interface, from the script::Context objects that the renderer half reports.
//
//   class Text final : public mullion::backend::Backend {
//     std::string_view name() const override { return "text"; }
//     Result<std::unique_ptr<View>> create_view(ViewHost& host, const ViewOptions&) const override {
//       if (auto started = host.start_renderer(); !started) return std::unexpected(started.error());
//       return std::make_unique<TextView>(host);
//     }
//     Result<std::unique_ptr<Renderer>> create_renderer(RendererHost& host) const override { ... }
//   };
//
// Threads: every call is made on, and must be made on, the loop's thread of the process it happens in. Neither side
// calls back from inside a call made to it, except where said.
// Lifetime: a host outlives the half it was given to.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "mullion/base/error.hpp"
#include "mullion/base/log.hpp"
#include "mullion/ipc/value.hpp"

namespace mullion {

class Loop;
namespace script {
class Context;
}
namespace renderer {
class Page;
}

namespace backend {

struct ViewOptions {
  std::string title = "Mullion";
  int width = 800;  // device independent pixels
  int height = 600;
  bool show = true;
};

// Why a page could not be loaded, in Chromium's names and numbers: {-6, "ERR_FILE_NOT_FOUND", url}.
struct LoadFailure {
  int code = -2;
  std::string description = "ERR_FAILED";
  std::string url{};
};

struct ConsoleMessage {
  using Level = mullion::Level;
  Level level = Level::info;
  std::string message{};
  std::string source{};  // URL of the script, "" when unknown
  int line = 0;          // 1 is the first; 0 when unknown
};

// Main process: what a view asks of Mullion and must report to it.
class ViewHost {
 public:
  virtual Loop& loop() = 0;
  // Starts a process of this program in the role renderer, which makes this backend's renderer half. For engines that
  // start no processes of their own. After the renderer is gone it may be called again.
  virtual Result<> start_renderer() = 0;
  virtual bool renderer_running() const = 0;
  // To the renderer half's on_message, in order. `disconnected` when there is none.
  virtual Result<> post(Value message) = 0;

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

 protected:
  ~ViewHost() = default;
};

// Main process: one window or off-screen view. Destroying it ends what it shows; nothing is reported after.
class View {
 public:
  virtual ~View() = default;
  virtual Result<> load(std::string url) = 0;  // the outcome is reported; an error here means nothing was begun
  virtual Result<> reload() = 0;
  virtual void stop() = 0;
  virtual void set_title(std::string_view title) = 0;
  // From the renderer half's `post`, in order. Hostile: the sender may be a page that took its process over.
  virtual void on_message(Value message) = 0;
  // The renderer that start_renderer began has ended.
  virtual void renderer_gone() = 0;
  // Asks the page whether it may go (beforeunload); the answer is given once, by `answer(true)` to go.
  virtual void before_unload(std::move_only_function<void(bool)> answer) = 0;
};

enum class World : std::uint8_t { main, isolated };

// Renderer process: what the renderer half reports to Mullion.
class RendererHost {
 public:
  virtual Loop& loop() = 0;
  // To the view's on_message, in order.
  virtual Result<> post(Value message) = 0;

  // For each document, before its first script: the main world, then the isolated one. Mullion evaluates its kernel in
  // each, and runs the preload inside the second call. The context must live until context_released.
  virtual Result<> context_created(World world, script::Context& context, std::string_view url) = 0;
  // The document is about to go: Mullion lets go of everything it holds in both worlds.
  virtual void contexts_released() = 0;

  // For a backend without a script engine: a page that is a C++ object. The preload runs inside this call, and what it
  // exposes is on the page when it returns. The page lives until page_released.
  virtual Result<renderer::Page*> page_created(std::string_view url) = 0;
  virtual void page_released() = 0;

  // What main's App::handle_app_protocol answers for this app: URL. Answered once, never from inside the
  // call; not at all when the process ends first.
  struct AppResource {
    std::vector<std::byte> bytes{};
    std::string mime_type{};
  };
  using AppResourceAnswer = std::move_only_function<void(Result<AppResource>)>;
  virtual void fetch_app_resource(std::string_view url, AppResourceAnswer answer) = 0;

 protected:
  ~RendererHost() = default;
};

// Renderer process: runs pages. One in each renderer process.
class Renderer {
 public:
  virtual ~Renderer() = default;
  virtual void on_message(Value message) = 0;  // from the view's `post`, in order
};

// A backend, named in Program::backends. Immutable; used in main and in renderer processes alike.
class Backend {
 public:
  virtual ~Backend() = default;
  virtual std::string_view name() const = 0;
  virtual Result<std::unique_ptr<View>> create_view(ViewHost& host, const ViewOptions& options) const = 0;
  virtual Result<std::unique_ptr<Renderer>> create_renderer(RendererHost& host) const = 0;
};

}  // namespace backend
}  // namespace mullion
