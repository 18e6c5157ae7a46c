#include "mullion/process/preload_context.hpp"

#include "mullion/base/log.hpp"
#include "process/ends.hpp"
#include "process/frame.hpp"
#include "process/world.hpp"

namespace mullion::preload {

namespace {

Task<> logged(Task<Result<>> task) {
  auto result = co_await std::move(task);
  if (!result) log(Level::warning, result.error().message);
}

}  // namespace

Context::Context(detail::World& world) : world_(world), ipc_renderer_(world), context_bridge_(world), window_(world) {}

const std::string& Context::url() const { return world_.url; }
bool Context::is_main_frame() const { return world_.frame.is_main(); }
const std::vector<std::string>& Context::arguments() const { return world_.frame.arguments(); }
void Context::spawn(Task<Result<>> task) { world_.tasks.spawn(logged(std::move(task))); }

Result<> Window::post_message(const Value& message, std::vector<MessagePort>&& ports) {
  return world_.post_to_window(message, std::move(ports));
}

}  // namespace mullion::preload
