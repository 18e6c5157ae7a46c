// A page that is a C++ object, for backends without a script engine.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "mullion/common.hpp"
#include "mullion/process/events.hpp"

namespace mullion {
class Loop;
namespace preload::detail {
struct World;
}

namespace renderer {

// A message to the page's window, from its preload or from itself.
struct WindowMessage {
  Value data;
  std::vector<MessagePort> ports;
};

inline constexpr Event<WindowMessage&> message{"message"};

// What a native page may touch: what its preload exposed, ports, and window messages. No ipcRenderer: as for a page's
// script, the preload decides what reaches main. Made by RendererHost::page_created. Loop thread.
//
//   auto opened = page.call("explorer", "openFile", Value{{"path", path}});   // Task<Result<Value>>
class Page : public Emits<Page> {
 public:
  explicit Page(preload::detail::World& world) : world_(world) {}
  Page(const Page&) = delete;
  Page& operator=(const Page&) = delete;

  const std::string& url() const;
  Loop& loop() const;
  // The names that the preload exposed on the window, and the members of one.
  std::vector<std::string> exposed() const;
  std::vector<std::string> members(std::string_view key) const;
  // An exposed value. `invalid` when there is none of that name, or it is a function.
  Result<Value> get(std::string_view key, std::string_view member) const;
  // Calls an exposed function. `invalid` when there is none of that name.
  Task<Result<Value>> call(std::string_view key, std::string_view member, std::vector<Value> arguments) const;
  Result<MessageChannel> create_channel() const;
  // window.postMessage: `message` listeners of this page hear it, in a task of its own.
  Result<> post_message(const Value& data, std::vector<MessagePort>&& ports) const;
  void spawn(Task<Result<>> task) const;  // runs until it ends or the page does
  Emitter& emitter() const;

 private:
  preload::detail::World& world_;
};

}  // namespace renderer
}  // namespace mullion
