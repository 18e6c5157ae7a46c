#include "mullion/process/app.hpp"

#include <unistd.h>
#include <fstream>

#include "mullion/base/log.hpp"
#include "process/app_state.hpp"
#include "process/ends.hpp"

namespace mullion::main {

namespace {

std::uint64_t own_memory() {
  std::ifstream statm("/proc/self/statm");
  std::uint64_t size = 0, resident = 0;
  statm >> size >> resident;
  return resident * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

ProcessMetric metric(const process::ChildProcess& child, std::string type, std::string name) {
  auto stats = child.stats();
  return {child.pid(),    std::move(type),   std::move(name), child.memory_bytes(),
          child.medium(), stats.records_out, stats.records_in};
}

Task<> logged(Task<Result<>> task) {
  auto result = co_await std::move(task);
  if (!result) log(Level::warning, result.error().message);
}

}  // namespace

detail::AppState& detail::state_of(App& app) { return *app.state_; }

App::App(std::unique_ptr<detail::AppState> state) : state_(std::move(state)) {
  state_->app = this;
  state_->ipc_main = std::make_unique<IpcMain>(*this);
}

App::~App() = default;

Result<std::unique_ptr<App>> App::attach(Loop& loop, Program program) {
  return detail::open_app(loop, std::move(program), {}, nullptr);
}

Result<std::unique_ptr<App>> detail::open_app(Loop& loop, Program program, std::vector<std::string> arguments,
                                              std::move_only_function<void(int)> ended) {
  auto state = std::make_unique<AppState>(loop, std::move(program), std::move(arguments));
  state->ended = std::move(ended);
  if (auto opened = state->open(); !opened) return std::unexpected(opened.error());
  return std::unique_ptr<App>(new App(std::move(state)));
}

Result<> detail::open_backend(App& app, std::string_view name) {
  auto& state = state_of(app);
  auto* found = state.backend(name);
  if (!found)
    return std::unexpected(
        Error{.kind = Kind::invalid, .code = "backend", .message = "there is no backend " + std::string(name)});
  auto factory = state.factory(*found);
  if (!factory) return std::unexpected(std::move(factory).error());
  return {};
}

Loop& App::loop() const { return state_->loop; }
const std::vector<std::string>& App::arguments() const { return state_->arguments; }
bool App::is_ready() const { return state_->is_ready; }
IpcMain& App::ipc_main() const { return *state_->ipc_main; }
Emitter& App::emitter() const { return state_->emitter; }

Result<MessageChannel> App::create_channel() const { return MessageChannel::create(state_->broker->share_node()); }

void App::spawn(Task<Result<>> task) const { state_->tasks.spawn(logged(std::move(task))); }
void App::spawn(Task<> task) const { state_->tasks.spawn(std::move(task)); }

void App::handle_app_protocol(std::move_only_function<Result<Resource>(std::string_view)> handler) const {
  state_->app_protocol = std::move(handler);
}

void App::quit() const { state_->quit(); }
void App::exit(int code) const { state_->exit(code); }

std::vector<ProcessMetric> App::get_app_metrics() const {
  std::vector<ProcessMetric> rows{{.pid = getpid(), .type = "Browser", .name = "main", .memory_bytes = own_memory()}};
  for (const auto& window : state_->windows)
    if (auto* renderer = window->contents->renderer())
      rows.push_back(metric(renderer->process(), "Tab", window->title));
  for (const auto& view : state_->child_views)
    if (auto* renderer = view->contents->renderer())
      rows.push_back(metric(renderer->process(), "Tab", view->contents->title));
  for (const auto& utility : state_->utilities)
    if (utility->child) rows.push_back(metric(*utility->child, "Utility", utility->name));
  return rows;
}

}  // namespace mullion::main
