#include "process/app_state.hpp"

#include <algorithm>
#include <cstdio>

#include "mullion/base/log.hpp"
#include "process/isolation.hpp"

namespace mullion::main::detail {

AppState::AppState(Loop& loop, Program program, std::vector<std::string> arguments)
    : loop(loop), program(std::move(program)), arguments(std::move(arguments)) {}

// Children end and windows go without a word: nobody is left to hear of it.
AppState::~AppState() {
  *alive = false;
  for (auto& window : windows) window->app = nullptr;
  for (auto& view : child_views) view->let_go();
  for (auto& window : windows) window->let_go();
  for (auto& utility : utilities) utility->app = nullptr;
  factories.clear();
  renderers.clear();
}

Result<> AppState::open() {
  auto made = node::Broker::create(loop);
  if (!made) return std::unexpected(std::move(made).error());
  broker = std::move(*made);
  broker->on_quarrel([this](const node::Quarrel& quarrel) {
    emitter.emit(main::child_quarrel, ChildQuarrel{quarrel.name, quarrel.other_name, broker->pid(quarrel.from),
                                                   broker->pid(quarrel.other), quarrel.why});
  });
  loop.defer([this, alive = alive] { *alive ? become_ready() : void(); });
  return {};
}

int AppState::system_calls() {
  if (!written_system_calls) written_system_calls = process::write_system_calls();
  return written_system_calls->get();
}

void AppState::become_ready() {
  is_ready = true;
  emitter.emit(main::ready);
  if (program.main) tasks.spawn(run_entry());
}

Task<> AppState::run_entry() {
  auto running = program.main(*app);
  auto result = co_await std::move(running);
  if (!result && !finished) exit(report(result.error()));
}

// ---- backends ----

Loop& Factory::loop() { return app.loop; }

Result<> Factory::adopt_renderer(UniqueFd socket) { return RendererLink::adopt(app, std::move(socket)); }

Result<backend::AppResource> Factory::app_resource(std::string_view url) { return app.app_resource(url); }

void Factory::child_process_gone(std::string_view type, std::string_view reason, int code) {
  app.emitter.emit(main::child_process_gone, ChildProcessGone{std::string(type), backend, std::string(reason), code});
}

Result<backend::ViewFactory*> AppState::factory(const backend::Backend& backend) {
  for (const auto& each : factories)
    if (each->backend == backend.name()) return each->made.get();
  auto factory = std::make_unique<Factory>(*this, std::string(backend.name()));
  auto made = backend.create_factory(*factory);
  if (!made) return std::unexpected(std::move(made).error());
  factory->made = std::move(*made);
  factories.push_back(std::move(factory));
  return factories.back()->made.get();
}

AppState::Introduced AppState::introduced(std::string_view token) const {
  auto found = introductions.find(std::string(token));
  if (found == introductions.end()) return {};
  return {found->second.contents.lock(), found->second.sub_frame};
}

Result<backend::AppResource> AppState::app_resource(std::string_view url) {
  if (app_protocol) return app_protocol(url);
  return std::unexpected(Error{.kind = Kind::unimplemented,
                               .code = "ERR_UNKNOWN_URL_SCHEME",
                               .message = "the program has no app: protocol (App::handle_app_protocol)"});
}

const backend::Backend* AppState::backend(std::string_view name) const {
  for (const auto& each : program.backends)
    if (name.empty() || each->name() == name) return each.get();
  return nullptr;
}

Result<const backend::Backend*> AppState::find_backend(std::string_view name, std::string_view what) const {
  if (auto* found = backend(name)) return found;
  return std::unexpected(Error{.kind = Kind::invalid,
                               .code = "backend",
                               .message = program.backends.empty()
                                              ? "Program::backends is empty: a " + std::string(what) + " needs one"
                                              : "Program::backends has no backend called '" + std::string(name) + "'"});
}

Result<> AppState::check_ready(std::string_view what) const {
  if (!is_ready)
    return std::unexpected(Error{.kind = Kind::failed,
                                 .code = "not-ready",
                                 .message = "Cannot create " + std::string(what) + " before app is ready"});
  if (finished)
    return std::unexpected(Error{.kind = Kind::disconnected, .code = "quit", .message = "the app has quit"});
  return {};
}

Result<> check_bounds(const Rectangle& bounds) {
  constexpr int most = 32'767;
  auto on_screen = [](int at) { return at >= -most && at <= most; };
  auto size = [](int length) { return length >= 1 && length <= most; };
  if (on_screen(bounds.x) && on_screen(bounds.y) && size(bounds.width) && size(bounds.height)) return {};
  return std::unexpected(Error{.kind = Kind::invalid,
                               .code = "bounds",
                               .message = "no screen has " + std::to_string(bounds.width) + " x " +
                                          std::to_string(bounds.height) + " pixels at " + std::to_string(bounds.x) +
                                          ", " + std::to_string(bounds.y) + ": lengths are 1 to 32767"});
}

namespace {

Result<> check_place(const BrowserWindowOptions& options) {
  if (options.x.has_value() == options.y.has_value())
    return check_bounds({options.x.value_or(0), options.y.value_or(0), options.width, options.height});
  return std::unexpected(Error{.kind = Kind::invalid, .code = "bounds", .message = "give both x and y, or neither"});
}

}  // namespace

Result<std::shared_ptr<Window>> AppState::create_window(BrowserWindowOptions options) {
  if (auto ready = check_ready("BrowserWindow"); !ready) return std::unexpected(ready.error());
  if (auto place = check_place(options); !place) return std::unexpected(place.error());
  auto with = find_backend(options.backend, "window");
  if (!with) return std::unexpected(with.error());
  auto window = std::make_shared<Window>();
  window->app = this;
  window->id = next_id++;
  window->title = options.title;
  window->contents = std::make_shared<Contents>(*this, std::move(options));
  window->contents->id = window->id;
  window->contents->window = window;
  if (window->contents->options.web_preferences.offscreen) window->contents->place = backend::Place::memory;
  windows.push_back(window);
  if (auto made = window->contents->create_view(**with); !made) {
    remove_window(window);
    window->let_go();
    return std::unexpected(made.error());
  }
  window->open(window->contents->options);
  emitter.emit(web_contents_created, WebContents(window->contents));
  emitter.emit(browser_window_created, BrowserWindow(window));
  return window;
}

Result<std::shared_ptr<ChildView>> AppState::create_child_view(WebContentsViewOptions options) {
  if (auto ready = check_ready("WebContentsView"); !ready) return std::unexpected(ready.error());
  auto with = find_backend(options.backend, "view");
  if (!with) return std::unexpected(with.error());
  if (options.web_preferences.offscreen)
    return std::unexpected(Error{.kind = Kind::invalid,
                                 .code = "offscreen",
                                 .message = "an off-screen page is a BrowserWindow, not a view of one"});
  auto view = std::make_shared<ChildView>();
  view->app = this;
  BrowserWindowOptions page{.title = "WebContentsView", .transport = options.transport};
  page.web_preferences = std::move(options.web_preferences);
  view->contents = std::make_shared<Contents>(*this, std::move(page));
  view->contents->id = next_id++;
  view->contents->child = view;
  view->contents->place = backend::Place::child;
  if (auto made = view->contents->create_view(**with); !made) {
    view->let_go();
    return std::unexpected(made.error());
  }
  child_views.push_back(view);
  emitter.emit(web_contents_created, WebContents(view->contents));
  return view;
}

void AppState::remove_window(const std::shared_ptr<Window>& window) { std::erase(windows, window); }

void AppState::window_closed() {
  if (!windows.empty() || finished) return;
  if (quitting) return will_quit();
  if (emitter.count(window_all_closed) == 0) return quit();
  emitter.emit(window_all_closed);
}

void AppState::window_refused() { quitting = false; }

void AppState::quit() {
  if (quitting || finished) return;
  CancelableEvent event;
  quitting = true;
  emitter.emit(before_quit, event);
  if (event.default_prevented()) return void(quitting = false);
  auto all = windows;
  for (auto& window : all)
    if (quitting) window->close();
  if (all.empty()) will_quit();
}

void AppState::will_quit() {
  CancelableEvent event;
  emitter.emit(main::will_quit, event);
  if (event.default_prevented()) return void(quitting = false);
  finish(0);
}

void AppState::exit(int code) {
  if (finished) return;
  quitting = true;
  finished = true;
  auto all = windows;
  for (auto& window : all) window->destroy();
  auto views = child_views;
  for (auto& view : views) view->destroy();
  finished = false;
  finish(code);
}

void AppState::finish(int code) {
  if (std::exchange(finished, true)) return;
  emitter.emit(main::quit, code);
  loop.defer([this, code, alive = alive] {
    if (*alive && ended) ended(code);
  });
}

}  // namespace mullion::main::detail
