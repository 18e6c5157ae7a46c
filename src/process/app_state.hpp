// What an App is made of. Private.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "mullion/main.hpp"
#include "mullion/node/broker.hpp"
#include "process/child_view.hpp"
#include "process/contents.hpp"
#include "process/utility.hpp"
#include "process/window.hpp"

namespace mullion::main::detail {

// A backend's factory, and what it asks of this program.
struct Factory final : backend::FactoryHost {
  Factory(AppState& app, std::string backend) : app(app), backend(std::move(backend)) {}
  Loop& loop() override;
  Result<> adopt_renderer(UniqueFd socket) override;
  Result<backend::AppResource> app_resource(std::string_view url) override;
  void child_process_gone(std::string_view type, std::string_view reason, int code) override;

  AppState& app;
  std::string backend;
  std::unique_ptr<backend::ViewFactory> made;
};

struct AppState {
  AppState(Loop& loop, Program program, std::vector<std::string> arguments);
  ~AppState();

  Result<> open();  // the broker; then `ready` and the entry in the next turn
  void become_ready();
  void quit();
  void exit(int code);
  Task<> run_entry();
  Result<> check_ready(std::string_view what) const;
  void remove_window(const std::shared_ptr<Window>& window);
  void window_closed();   // one is gone
  void window_refused();  // one stays: a quit that was under way is off
  void will_quit();
  void finish(int code);
  const backend::Backend* backend(std::string_view name) const;
  Result<backend::ViewFactory*> factory(const backend::Backend& backend);  // made when it is first asked for
  struct Introduced {
    std::shared_ptr<Contents> contents;  // null: that introduction has ended
    bool sub_frame = false;              // it is for frames within the page alone
  };
  Introduced introduced(std::string_view token) const;
  Result<backend::AppResource> app_resource(std::string_view url);
  Result<std::shared_ptr<Window>> create_window(BrowserWindowOptions options);
  Result<std::shared_ptr<ChildView>> create_child_view(WebContentsViewOptions options);
  int system_calls();  // for isolated children, made for the first
  Result<const backend::Backend*> find_backend(std::string_view name, std::string_view what) const;

  Loop& loop;
  Program program;
  std::vector<std::string> arguments;
  App* app = nullptr;
  Emitter emitter;
  std::unique_ptr<node::Broker> broker;
  std::optional<UniqueFd> written_system_calls;
  std::unique_ptr<IpcMain> ipc_main;
  std::vector<std::unique_ptr<Factory>> factories;
  std::vector<std::shared_ptr<RendererLink>> renderers;  // processes that engines started
  struct Introduction {
    std::weak_ptr<Contents> contents;
    bool sub_frame = false;
  };
  std::unordered_map<std::string, Introduction> introductions;  // by their tokens
  std::vector<std::shared_ptr<Window>> windows;
  std::vector<std::shared_ptr<ChildView>> child_views;
  std::vector<std::shared_ptr<Utility>> utilities;
  WindowRecord* focused_record = nullptr;
  std::move_only_function<Result<App::Resource>(std::string_view)> app_protocol;
  std::move_only_function<void(int)> ended;  // run()'s way out of its loop
  std::uint32_t next_id = 1;                 // of a window or a page
  bool is_ready = false;
  bool quitting = false;
  bool finished = false;
  Tasks tasks;  // last: what runs refers to the rest
  std::shared_ptr<bool> alive = std::make_shared<bool>(true);
};

AppState& state_of(App& app);
Result<> check_bounds(const Rectangle& bounds);  // `invalid` for what no screen has

}  // namespace mullion::main::detail
