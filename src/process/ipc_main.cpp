#include "mullion/process/ipc_main.hpp"

#include <algorithm>

#include "mullion/base/log.hpp"
#include "process/app_state.hpp"
#include "process/ends.hpp"

namespace mullion::main {

using mullion::detail::Body;
using mullion::detail::Responder;

struct IpcMainEvent::State {
  std::vector<MessagePort> ports;
  std::optional<Responder> responder;
};

struct IpcMain::State {
  struct Entry {
    ListenerId id;
    bool once;
    std::string channel;
    std::shared_ptr<Listener> call;
  };
  struct Answerer {
    bool once;
    std::shared_ptr<Handler> call;
  };
  struct Hash : std::hash<std::string_view> {
    using is_transparent = void;
  };
  App& app;
  std::vector<Entry> listeners;
  std::unordered_map<std::string, Answerer, Hash, std::equal_to<>> handlers;
  std::uint64_t next_id = 1;
};

namespace {

Error no_handler(std::string_view channel) {
  return {.kind = Kind::unimplemented,
          .code = "no-handler",
          .message = "No handler registered for '" + std::string(channel) + "'"};
}

}  // namespace

IpcMainEvent::IpcMainEvent(const InvokeEvent& from, std::shared_ptr<State> state)
    : sender(from.sender), sender_frame(from.sender_frame), state_(std::move(state)) {}

std::vector<MessagePort>& IpcMainEvent::ports() const { return state_->ports; }

void IpcMainEvent::reply(std::string_view channel, std::vector<Value> arguments) const {
  (void)sender_frame.send(channel, std::move(arguments));
}

void IpcMainEvent::return_value(const Value& value) const {
  if (auto responder = std::exchange(state_->responder, std::nullopt))
    responder->answer(mullion::detail::value_body(value));
}

IpcMain::IpcMain(App& app) : state_(std::make_unique<State>(State{app, {}, {}, 1})) {}

IpcMain::~IpcMain() = default;

ListenerId IpcMain::listen(std::string_view channel, bool once, Listener listener) {
  auto id = ListenerId{state_->next_id++};
  state_->listeners.push_back({id, once, std::string(channel), std::make_shared<Listener>(std::move(listener))});
  return id;
}

void IpcMain::off(ListenerId id) {
  std::erase_if(state_->listeners, [id](const auto& each) { return each.id == id; });
}

void IpcMain::remove_all_listeners(std::string_view channel) {
  std::erase_if(state_->listeners, [channel](const auto& each) { return each.channel == channel; });
}

Result<> IpcMain::add_handler(std::string_view channel, bool once, Handler handler) {
  if (state_->handlers.contains(channel))
    return std::unexpected(
        Error{.kind = Kind::invalid,
              .code = "second-handler",
              .message = "Attempted to register a second handler for '" + std::string(channel) + "'"});
  state_->handlers.emplace(channel, State::Answerer{once, std::make_shared<Handler>(std::move(handler))});
  return {};
}

void IpcMain::remove_handler(std::string_view channel) {
  if (auto found = state_->handlers.find(channel); found != state_->handlers.end()) state_->handlers.erase(found);
}

void IpcMain::spawn(Task<> task) { state_->app.spawn(std::move(task)); }

void IpcMain::refuse(const IpcMainEvent& event, std::string_view channel, const Error& error) {
  if (auto responder = std::exchange(event.state_->responder, std::nullopt)) responder->answer(std::unexpected(error));
  log(Level::warning, "a message on channel '" + std::string(channel) + "' was dropped: " + error.message);
}

// Those that are there now are called, in order, unless one before them removes them.
bool IpcMain::dispatch(std::string_view channel, const IpcMainEvent& event, const Body& body) {
  std::vector<std::pair<ListenerId, std::shared_ptr<Listener>>> called;
  for (const auto& each : state_->listeners)
    if (each.channel == channel) called.emplace_back(each.id, each.call);
  std::erase_if(state_->listeners, [channel](const auto& each) { return each.once && each.channel == channel; });
  for (auto& [id, listener] : called) (*listener)(event, body);
  return !called.empty();
}

void IpcMain::receive(const InvokeEvent& from, std::string_view channel, const Body& body,
                      std::vector<MessagePort> ports) {
  dispatch(channel, IpcMainEvent(from, std::make_shared<IpcMainEvent::State>(std::move(ports), std::nullopt)), body);
}

void IpcMain::receive_sync(const InvokeEvent& from, std::string_view channel, const Body& body, Responder responder) {
  std::vector<MessagePort> none;
  auto state = std::make_shared<IpcMainEvent::State>(std::move(none), std::move(responder));
  if (dispatch(channel, IpcMainEvent(from, state), body)) return;
  log(Level::warning,
      "ipcRenderer.sendSync() was called with '" + std::string(channel) + "', a channel without listeners");
}

void IpcMain::receive_invoke(const InvokeEvent& from, std::string_view channel, Body body, Responder responder) {
  auto found = state_->handlers.find(channel);
  if (found == state_->handlers.end()) return responder.answer(std::unexpected(no_handler(channel)));
  auto handler = found->second.call;
  if (found->second.once) state_->handlers.erase(found);
  (*handler)(from, std::move(body), std::move(responder));
}

}  // namespace mullion::main
