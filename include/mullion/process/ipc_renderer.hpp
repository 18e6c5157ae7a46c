// A preload's end of the messages with main: ipcRenderer.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mullion/base/task.hpp"
#include "mullion/ipc/channel.hpp"
#include "mullion/ipc/port.hpp"
#include "mullion/ipc/value.hpp"
#include "mullion/process/body.hpp"
#include "mullion/process/events.hpp"

namespace mullion {
namespace preload {

namespace detail {
struct World;
}

// A message from main.
struct PortEvent {
  std::string channel;
  std::vector<Value> arguments;      // of send; of post_message its one message
  std::vector<MessagePort> ports{};  // of post_message
  const Value& data() const;         // the first argument, or undefined
};

// Messages to and from main. Reached through Context::ipc_renderer(). Loop thread.
//
// - Messages of one page arrive in main in the order in which they were sent, whatever their kind.
// - A message that main does not listen to is dropped; an invoke without a handler is `unimplemented`.
// - After the document is gone every call answers `disconnected`, code "destroyed".
class IpcRenderer {
 public:
  explicit IpcRenderer(detail::World& world) : world_(world) {}

  template <class F>
  ListenerId on(std::string_view channel, F listener) {
    return listen(channel, false, std::move_only_function<void(PortEvent)>(std::move(listener)));
  }
  template <class F>
  ListenerId once(std::string_view channel, F listener) {
    return listen(channel, true, std::move_only_function<void(PortEvent)>(std::move(listener)));
  }
  void off(ListenerId id);

  Result<> send(std::string_view channel, std::vector<Value> arguments = {});
  template <class T, class O>
  Result<> send(const Channel<T>& channel, const O& message) {
    return send_body(channel.name, table_body<T>(message));
  }
  // Exactly one message, and ports, which leave the caller if and only if this succeeds.
  template <class... Ports>
  Result<> post_message(std::string_view channel, const Value& message, Ports&&... ports) {
    MessagePort* each[] = {&ports..., nullptr};
    return post_each(channel, message, each, sizeof...(ports));
  }

  // Blocks the page's thread until main answers. `failed`, code "timeout" after `timeout_ms`; `disconnected` when main
  // is gone.
  Result<Value> send_sync(std::string_view channel, std::vector<Value> arguments = {},
                          std::uint64_t timeout_ms = 10'000);

  // Main's handler's result. Name the call before awaiting it: g++ 12 frees twice what a braced argument owns inside
  // a co_await expression.
  //
  //   auto call = ipc.invoke(open_file, {.path = path});
  //   auto opened = co_await std::move(call);            // Result<Table<Opened>>
  Task<Result<Value>> invoke(std::string_view channel, std::vector<Value> arguments = {});
  template <class Q, class P>
  Task<Result<typename TableOps<P>::Owned>> invoke(const Channel<Q, P>& channel,
                                                   const typename Q::NativeTableType& request) {
    return typed_reply<P>(std::string(channel.name), invoke_body(channel.name, table_body<Q>(request)));
  }
  // For code that carries bodies on, such as an exposed channel.
  Task<Result<mullion::detail::Body>> invoke_body(std::string_view channel, mullion::detail::Body body);

 private:
  template <class T, class O>
  static mullion::detail::Body table_body(const O& object) {
    return {mullion::detail::Body::Form::table, TableOps<T>::codec().hash, TableOps<T>::bytes(object)};
  }
  template <class P>
  static Task<Result<typename TableOps<P>::Owned>> typed_reply(std::string channel,
                                                               Task<Result<mullion::detail::Body>> call) {
    auto body = co_await std::move(call);
    if (!body) co_return std::unexpected(std::move(body).error());
    auto bytes = mullion::detail::body_table(TableOps<P>::codec(), channel, std::move(*body));
    if (!bytes) co_return std::unexpected(std::move(bytes).error());
    co_return TableOps<P>::from(std::move(*bytes));
  }
  ListenerId listen(std::string_view channel, bool once, std::move_only_function<void(PortEvent)> listener);
  Result<> send_body(std::string_view channel, mullion::detail::Body body);
  Result<> post_each(std::string_view channel, const Value& message, MessagePort** ports, std::size_t count);

  detail::World& world_;
};

}  // namespace preload
}  // namespace mullion
