// What a kernel asks of native code.
#include "mullion/base/log.hpp"
#include "process/frame.hpp"
#include "process/script_document.hpp"

namespace mullion::process {

namespace {

constexpr std::uint64_t sync_timeout_ms = 30'000;

Error released() { return {.kind = Kind::disconnected, .code = "released", .message = "the context was released"}; }

}  // namespace

ScriptWorld::~ScriptWorld() { *alive_ = false; }

Result<> ScriptWorld::boot(script::Context& context) {
  auto kernel = script::Kernel::boot(context, *this, {.world = id_});
  if (!kernel) return std::unexpected(std::move(kernel).error());
  kernel_ = std::move(*kernel);
  return {};
}

void ScriptWorld::later() {
  document_.world_.frame.loop().defer([this, alive = alive_] {
    if (*alive) kernel_->run_task();
  });
}

void ScriptWorld::report(const script::Exception& exception) {
  auto text = exception.name.empty() ? exception.message : exception.name + ": " + exception.message;
  Value what{{"message", "Uncaught " + text}, {"url", exception.url}, {"line", exception.line}};
  (void)document_.world_.frame.send_value({.op = Op::script_error}, what);
}

// ---- ports ----

Result<script::PortId> ScriptWorld::create_channel() {
  auto ends = document_.node()->create_channel();
  if (!ends) return std::unexpected(std::move(ends).error());
  auto first = document_.add_port(*this, ends->first);
  document_.add_port(*this, ends->second);
  return first;
}

Result<> ScriptWorld::port_post(script::PortId port, script::Bytes message, std::span<const script::PortId> ports) {
  auto found = document_.ports_.find(port);
  if (found == document_.ports_.end()) return {};
  auto ends = document_.ends(ports);
  if (!ends) return std::unexpected(std::move(ends).error());
  auto posted = document_.node()->post(found->second->end(), message, *ends);
  if (posted) document_.forget(ports);
  return posted;
}

void ScriptWorld::port_start(script::PortId port) {
  if (auto found = document_.ports_.find(port); found != document_.ports_.end()) found->second->start();
}

void ScriptWorld::port_stop(script::PortId port) {
  if (auto found = document_.ports_.find(port); found != document_.ports_.end()) found->second->stop();
}

void ScriptWorld::port_close(script::PortId port) { document_.ports_.erase(port); }

// ---- ipcRenderer ----

Result<> ScriptWorld::ipc_send(std::string_view channel, script::Bytes arguments) {
  return document_.world_.frame.send({.op = Op::send, .channel = channel, .body = arguments});
}

Result<> ScriptWorld::ipc_post_message(std::string_view channel, script::Bytes arguments,
                                       std::span<const script::PortId> ports) {
  auto ends = document_.ends(ports);
  if (!ends) return std::unexpected(std::move(ends).error());
  auto sent = document_.world_.frame.send_ends({.op = Op::post, .channel = channel, .body = arguments}, *ends);
  if (sent) document_.forget(ports);
  return sent;
}

Result<script::Buffer> ScriptWorld::ipc_send_sync(std::string_view channel, script::Bytes arguments) {
  auto answer =
      document_.world_.frame.call_sync({.op = Op::send_sync, .channel = channel, .body = arguments}, sync_timeout_ms);
  if (!answer) return std::unexpected(std::move(answer).error());
  return std::move(answer->body.bytes);
}

Result<> ScriptWorld::ipc_invoke(std::uint64_t request, std::string_view channel, script::Bytes arguments) {
  detail::Body body{.bytes = {arguments.begin(), arguments.end()}};
  return document_.world_.invoke(
      channel, std::move(body), [this, request, alive = alive_](Result<detail::Body> result) {
        if (!*alive) return;
        auto bytes = result ? std::move(result->bytes) : encode(Value::error(result.error()));
        kernel_->invoke_reply(request, result.has_value(), bytes);
      });
}

// ---- the page's window ----

Result<> ScriptWorld::window_post(script::Bytes message, std::string_view origin,
                                  std::span<const script::PortId> ports) {
  auto ends = document_.ends(ports);
  if (!ends) return std::unexpected(std::move(ends).error());
  document_.deliver_window_message(message, origin, ports);
  return {};
}

// ---- the bridge ----

Result<script::Outcome> ScriptWorld::bridge_call(script::FunctionId function, script::Bytes arguments) {
  return document_.call_native(*this, function, arguments);
}

Result<script::Outcome> ScriptWorld::bridge_execute(script::WorldId to, std::string_view source,
                                                    script::Bytes arguments) {
  auto* world = document_.other(to);
  if (!world) return std::unexpected(released());
  return world->kernel_->bridge_execute(id_, source, arguments);
}

void ScriptWorld::executed(std::uint64_t request, bool ok, script::Bytes value) {
  document_.executed(static_cast<std::uint32_t>(request), ok, value);
}

}  // namespace mullion::process
