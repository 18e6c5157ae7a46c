// What a WebContents is made of: one page's view, its renderer process, and the calls under way. Private.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "mullion/main.hpp"
#include "process/pulse.hpp"
#include "process/renderer_link.hpp"

namespace mullion::main::detail {

struct Contents final : backend::ViewHost, std::enable_shared_from_this<Contents> {
  Contents(AppState& app, BrowserWindowOptions options);
  ~Contents();

  Result<> create_view(const backend::Backend& backend);
  void destroy();  // ends the view and the renderer; calls under way end with `disconnected`
  Result<> check() const;

  // ---- loads ----
  using Loaded = std::move_only_function<void(Result<>)>;
  // `done` hears of the outcome, once, if this succeeds; it may be empty.
  Result<> begin_load(std::string to, Loaded done);
  Result<> reload();

  // ---- messages ----
  Result<> send(process::Outgoing message, MessagePort** ports = nullptr, std::size_t count = 0);
  void wait_for_page() { pulse_.wanted(); }  // for an answer that does not come by send()
  using Executed = std::move_only_function<void(Result<Value>)>;
  void execute(std::string code, Executed done);
  void receive(process::Incoming message);
  void bind(std::shared_ptr<RendererLink> link, std::uint32_t frame);  // that frame shows this page from now on
  void frame_gone(const RendererLink& link, std::uint32_t frame);
  void renderer_ended(const RendererLink& link, const process::ChildEnd& end);

  // ---- backend::ViewHost ----
  Loop& loop() override;
  Result<> start_renderer() override;
  bool renderer_running() const override { return renderer != nullptr; }
  Result<> post(Value message) override;
  std::string introduction(std::string_view to) override;
  void did_start_loading() override;
  void did_navigate(std::string new_url) override;
  void dom_ready() override;
  void did_finish_load() override;
  void did_fail_load(backend::LoadFailure failure) override;
  void did_stop_loading() override;
  void title_updated(std::string new_title) override;
  void console_message(backend::ConsoleMessage message) override;
  void close_requested() override;
  void render_process_gone(std::string reason, int code) override;
  void window_changed() override;
  void painted(const backend::Paint& paint) override;

  AppState* app;  // null once the page is gone
  std::uint32_t id = 0;
  std::weak_ptr<Window> window;
  BrowserWindowOptions options;
  Emitter emitter;
  std::string backend_name;
  std::shared_ptr<RendererLink> renderer;
  std::uint32_t frame = 0;    // of the renderer's, where this page is
  bool own_renderer = false;  // start_renderer began it: it serves this page alone
  std::unique_ptr<backend::View> view;
  std::string url;
  std::string title;
  bool loading = false;
  bool crashed = false;
  bool painting = true;
  int frame_rate = 60;

 private:
  void send_preload();
  flatbuffers::Offset<protocol::PreloadScript> preload_for(flatbuffers::FlatBufferBuilder& builder,
                                                           const std::string& to) const;
  void let_go();
  void settle(Result<> outcome);
  void receive_app_resource(const process::Incoming& message);
  void send_error(std::uint32_t request, const Error& error);
  void receive_execute(process::Incoming message);
  bool has_room_for(const process::Incoming& call);
  mullion::detail::Responder responder(std::uint32_t request, process::Op result, mullion::detail::Body::Form asked);
  // Calls back when the page does not load, or when it is gone (false).
  void when_settled(std::move_only_function<void(bool)> f);
  void run_settled(bool there);
  void fail_scripts(const Error& why);
  Pulse::Handlers pulse_handlers();
  Pulse::Interest interest() const;

  std::string token_;   // of the introduction, "" when there is none
  std::string target_;  // what the last load asked for
  Loaded load_;
  std::uint32_t next_request_ = 1;
  std::uint32_t renderers_ = 0;  // started so far: which one an answer is for
  std::shared_ptr<bool> calls_;  // shared with the answers that the renderer waits for
  std::unordered_map<std::uint32_t, Executed> executing_;
  std::vector<std::move_only_function<void(bool)>> settled_;
  Pulse pulse_;
};

}  // namespace mullion::main::detail
