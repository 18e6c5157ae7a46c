// Main's end of the messages that preloads send: ipcMain.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "mullion/process/body.hpp"
#include "mullion/process/web_contents.hpp"

namespace mullion {
namespace main {

// Who calls: the page, and which of its frames. No field is taken from the caller's word.
struct InvokeEvent {
  WebContents sender;
  WebFrame sender_frame;
};

// One message. Copyable; may be kept, for an answer later.
class IpcMainEvent {
 public:
  WebContents sender;
  WebFrame sender_frame;

  // For post_message: the ports that came along; the listener that moves one has it.
  std::vector<MessagePort>& ports() const;
  // To the frame that sent this, silently nothing if it is gone.
  void reply(std::string_view channel, std::vector<Value> arguments = {}) const;
  // Answers send_sync. The first call counts; for other messages it does nothing. When every copy of the event is gone
  // unanswered, the caller gets the error "reply was never sent".
  void return_value(const Value& value) const;

 private:
  friend class IpcMain;
  struct State;
  IpcMainEvent(const InvokeEvent& from, std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

// Listeners and handlers by channel name, for all windows of an app. Reached through App::ipc_main(). Loop thread.
//
//   app.ipc_main().handle(open_file, open);                                  // typed: Table<OpenFile> in, OpenedT out
//   app.ipc_main().handle("add", [](main::InvokeEvent, std::vector<Value> numbers) { return ...; });
//   app.ipc_main().on("log", [](main::IpcMainEvent event, std::vector<Value> arguments) { ... });
//
// - A handler returns T, Result<T> or Task<Result<T>>; T is Value for untyped channels, the reply's object type (or a
//   Table) for typed ones. Its lambda lives until its last call has settled. An error it returns reaches the caller
//   with kind, code, message and data.
// - Listeners of one channel all run, in registration order; a message that nobody listens to is dropped.
// - A second handler for a channel is `invalid`: "Attempted to register a second handler for 'open-file'".
class IpcMain {
 public:
  using Listener = std::move_only_function<void(const IpcMainEvent&, const mullion::detail::Body&)>;
  using Handler = std::move_only_function<void(InvokeEvent, mullion::detail::Body, mullion::detail::Responder)>;

  explicit IpcMain(App& app);
  ~IpcMain();
  IpcMain(const IpcMain&) = delete;
  IpcMain& operator=(const IpcMain&) = delete;

  template <class F>
  ListenerId on(std::string_view channel, F listener) {
    return listen(channel, false, untyped(std::move(listener)));
  }
  template <class F>
  ListenerId once(std::string_view channel, F listener) {
    return listen(channel, true, untyped(std::move(listener)));
  }
  template <class T, class F>
  ListenerId on(const Channel<T>& channel, F listener) {
    return listen(channel.name, false, typed<T>(channel.name, std::move(listener)));
  }
  void off(ListenerId id);  // unknown ids are no error
  void remove_all_listeners(std::string_view channel);

  template <class F>
  Result<> handle(std::string_view channel, F handler) {
    return add_handler(channel, false, untyped_handler(std::move(handler)));
  }
  // Unregistered at the start of its first call.
  template <class F>
  Result<> handle_once(std::string_view channel, F handler) {
    return add_handler(channel, true, untyped_handler(std::move(handler)));
  }
  template <class Q, class P, class F>
    requires(!std::is_void_v<P>)
  Result<> handle(const Channel<Q, P>& channel, F handler) {
    return add_handler(channel.name, false, typed_handler<Q, P>(channel.name, std::move(handler)));
  }
  void remove_handler(std::string_view channel);  // calls in flight finish; unknown channels are no error

 private:
  friend struct detail::Contents;
  template <class F>
  Listener untyped(F listener);
  template <class T, class F>
  Listener typed(std::string_view channel, F listener);
  template <class F>
  Handler untyped_handler(F handler);
  template <class Q, class P, class F>
  Handler typed_handler(std::string_view channel, F handler);

  ListenerId listen(std::string_view channel, bool once, Listener listener);
  Result<> add_handler(std::string_view channel, bool once, Handler handler);
  bool dispatch(std::string_view channel, const IpcMainEvent& event, const mullion::detail::Body& body);
  void receive(const InvokeEvent& from, std::string_view channel, const mullion::detail::Body& body,
               std::vector<MessagePort> ports);
  void receive_sync(const InvokeEvent& from, std::string_view channel, const mullion::detail::Body& body,
                    mullion::detail::Responder responder);
  void receive_invoke(const InvokeEvent& from, std::string_view channel, mullion::detail::Body body,
                      mullion::detail::Responder responder);
  void spawn(Task<> task);
  void refuse(const IpcMainEvent& event, std::string_view channel, const Error& error);

  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace main
}  // namespace mullion

#include "mullion/process/ipc_main_inl.hpp"
