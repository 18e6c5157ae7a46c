// A preload's object.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "mullion/process/context_bridge.hpp"
#include "mullion/process/ipc_renderer.hpp"

namespace mullion::preload {

// The page's window, as far as a preload may use it without a script: messages. Loop thread.
class Window {
 public:
  explicit Window(detail::World& world) : world_(world) {}
  // The page gets a MessageEvent with this data and these ports, in a task of its own, as from window.postMessage.
  // The ports leave the caller if and only if this succeeds.
  Result<> post_message(const Value& message, std::vector<MessagePort>&& ports);
  Result<> post_message(const Value& message) { return post_message(message, std::vector<MessagePort>()); }

 private:
  detail::World& world_;
};

// What a preload may touch. It lives as long as its document; a new document gets a new one.
//
//   Result<> bridge(preload::Context& context) {
//     preload::Api api;
//     api.add(open_file);
//     return context.context_bridge().expose_in_main_world("explorer", std::move(api));
//   }
class Context {
 public:
  explicit Context(detail::World& world);
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  IpcRenderer& ipc_renderer() { return ipc_renderer_; }
  ContextBridge& context_bridge() { return context_bridge_; }
  Window& window() { return window_; }
  const std::string& url() const;                     // of the document
  bool is_main_frame() const;                         // it is the page's own, in no iframe
  const std::vector<std::string>& arguments() const;  // WebPreferences::additional_arguments
  // Runs the task until it ends or the document does. An error that it returns is logged.
  void spawn(Task<Result<>> task);

 private:
  detail::World& world_;
  IpcRenderer ipc_renderer_;
  ContextBridge context_bridge_;
  Window window_;
};

}  // namespace mullion::preload
