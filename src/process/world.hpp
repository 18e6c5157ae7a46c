// A document in a renderer process: what its preload listens to, what it exposed, what it waits for. Private.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "mullion/preload.hpp"
#include "mullion/renderer.hpp"
#include "process/boot_port.hpp"

namespace mullion::process {
class Frame;
class ScriptDocument;
}  // namespace mullion::process

namespace mullion::preload::detail {

// What a preload exposed under one name of the page's window.
struct Exposed {
  std::string key;
  std::vector<Api::Member> members;
};

struct World {
  World(process::Frame& frame, std::string url);
  ~World();

  // ---- what main says ----
  void message(process::Incoming message);  // send_to_frame, post_to_frame
  void reply(process::Incoming message);    // invoke_result, call_error

  // ---- what the preload asks ----
  ListenerId listen(std::string_view channel, bool once, std::move_only_function<void(PortEvent)> listener);
  void unlisten(ListenerId id);
  using Answer = std::move_only_function<void(Result<mullion::detail::Body>)>;
  using ValueAnswer = std::move_only_function<void(Result<Value>)>;
  Result<> invoke(std::string_view channel, mullion::detail::Body body, Answer answer);
  Task<Result<mullion::detail::Body>> invoke(std::string channel, mullion::detail::Body body);
  Result<> expose(std::string_view key, std::vector<Api::Member> members);
  Result<> post_to_window(const Value& message, std::vector<MessagePort>&& ports);

  // ---- the exposed API, called by a page of either kind ----
  Api::Member* member(std::string_view key, std::string_view name) const;
  // Answers now or later, once. The member must be a function.
  void call(Api::Member& member, std::vector<Value> arguments, ValueAnswer answer);

  process::Frame& frame;
  std::string url;
  Context context;
  std::vector<std::unique_ptr<Exposed>> exposed;
  std::unique_ptr<process::ScriptDocument> script;  // of a page that an engine runs
  std::unique_ptr<renderer::Page> page;             // of a page that is a C++ object
  Emitter page_emitter;
  bool scripted_preload = false;
  bool ready = false;  // its preload ran: messages may be delivered

 private:
  struct Listener {
    ListenerId id;
    bool once;
    std::string channel;
    std::move_only_function<void(PortEvent)> call;
  };
  Task<> follow(Task<Result<Value>> running, ValueAnswer answer);
  void call_channel(Api::Member& member, std::vector<Value> arguments, ValueAnswer answer);

  std::vector<std::shared_ptr<Listener>> listeners_;
  std::uint64_t next_listener_ = 1;
  std::unordered_map<std::uint32_t, Answer> invoking_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);

 public:
  Tasks tasks;  // last: what runs refers to the rest
};

}  // namespace mullion::preload::detail
