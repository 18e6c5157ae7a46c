#include "mullion/process/ipc_renderer.hpp"

#include "process/frame.hpp"
#include "process/world.hpp"

namespace mullion::preload {

using mullion::detail::Body;
using process::Op;

namespace {

Task<Result<Value>> value_of(Task<Result<Body>> call) {
  auto body = co_await std::move(call);
  if (!body) co_return std::unexpected(std::move(body).error());
  co_return mullion::detail::body_value(*body);
}

}  // namespace

const Value& PortEvent::data() const {
  static const Value undefined;
  return arguments.empty() ? undefined : arguments[0];
}

ListenerId IpcRenderer::listen(std::string_view channel, bool once, std::move_only_function<void(PortEvent)> listener) {
  return world_.listen(channel, once, std::move(listener));
}

void IpcRenderer::off(ListenerId id) { world_.unlisten(id); }

Result<> IpcRenderer::send(std::string_view channel, std::vector<Value> arguments) {
  return send_body(channel, mullion::detail::value_body(Value::array(std::move(arguments))));
}

Result<> IpcRenderer::send_body(std::string_view channel, Body body) {
  return world_.frame.send(
      {.op = Op::send, .channel = channel, .form = body.form, .hash = body.hash, .body = body.bytes});
}

Result<> IpcRenderer::post_each(std::string_view channel, const Value& message, MessagePort** ports,
                                std::size_t count) {
  auto bytes = encode(Value::array({message}));
  return world_.frame.send({.op = Op::post, .channel = channel, .body = bytes}, ports, count);
}

Result<Value> IpcRenderer::send_sync(std::string_view channel, std::vector<Value> arguments, std::uint64_t timeout_ms) {
  auto bytes = encode(Value::array(std::move(arguments)));
  auto answer = world_.frame.call_sync({.op = Op::send_sync, .channel = channel, .body = bytes}, timeout_ms);
  if (!answer) return std::unexpected(std::move(answer).error());
  return mullion::detail::body_value(answer->body);
}

Task<Result<Value>> IpcRenderer::invoke(std::string_view channel, std::vector<Value> arguments) {
  return value_of(invoke_body(channel, mullion::detail::value_body(Value::array(std::move(arguments)))));
}

Task<Result<Body>> IpcRenderer::invoke_body(std::string_view channel, Body body) {
  return world_.invoke(std::string(channel), std::move(body));
}

}  // namespace mullion::preload
