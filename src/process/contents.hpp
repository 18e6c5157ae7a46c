// What a WebContents is made of: one page's view, its renderer process, and the calls under way. Private.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "mullion/backend.hpp"
#include "mullion/main.hpp"
#include "process/frame_place.hpp"
#include "process/pulse.hpp"
#include "process/renderer_link.hpp"

namespace mullion::main::detail {

struct Contents final : backend::ViewHost, std::enable_shared_from_this<Contents> {
  Contents(AppState& app, BrowserWindowOptions options);
  ~Contents();

  Result<> create_view(const backend::Backend& backend);
  void destroy();  // ends the view and the renderer; calls under way end with `disconnected`
  Result<> check() const;
  bool goes_all_the_same();  // the page asks to stay: will listeners have that?

  // ---- loads ----
  using Loaded = std::move_only_function<void(Result<>)>;
  // `done` hears of the outcome, once, if this succeeds; it may be empty.
  Result<> begin_load(std::string to, Loaded done);
  Result<> reload();

  // ---- messages ----
  Result<> send(process::Outgoing message, MessagePort** ports = nullptr, std::size_t count = 0);
  Result<> send_to(const FramePlace& place, process::Outgoing message, MessagePort** ports = nullptr,
                   std::size_t count = 0);
  void wait_for_page() { pulse_.wanted(); }  // for an answer that does not come by send()
  using Executed = std::move_only_function<void(Result<Value>)>;
  void execute(std::string code, Executed done);
  void receive(const RendererLink& from, process::Incoming message);
  void bind(std::shared_ptr<RendererLink> link, std::uint32_t frame);  // that frame shows this page from now on
  void add_sub_frame(std::shared_ptr<RendererLink> link, std::uint32_t frame, std::string name);
  const std::vector<std::shared_ptr<FramePlace>>& sub_frames() const { return sub_frames_; }
  std::string sub_frame_url(const std::string& name) const;
  void frame_gone(const RendererLink& link, std::uint32_t frame);
  void renderer_ended(const RendererLink& link, const process::ChildEnd& end);

  // ---- backend::ViewHost ----
  Loop& loop() override;
  Result<> start_renderer(Isolation isolation) override;
  bool renderer_running() const override { return main_ != nullptr; }
  Result<> post(Value message) override;
  std::string introduction(std::string_view to) override;
  std::string sub_frame_introduction() override;
  void sub_frame_navigated(std::string_view name, std::string url) override;
  void sub_frame_gone(std::string_view name) override;
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
  void dev_tools_changed(bool open) override;

  AppState* app;  // null once the page is gone
  std::uint32_t id = 0;
  std::weak_ptr<Window> window;    // whose page it is,
  std::weak_ptr<ChildView> child;  // or
  backend::Place place = backend::Place::window;
  BrowserWindowOptions options;
  Emitter emitter;
  std::string backend_name;
  RendererLink* renderer() const { return main_ ? main_->link.get() : nullptr; }
  bool own_renderer = false;  // start_renderer began it: it serves this page alone
  std::unique_ptr<backend::View> view;
  std::string url;
  std::string title;
  bool loading = false;
  bool crashed = false;
  bool dev_tools = false;  // are open
  bool painting = true;
  int frame_rate = 60;

 private:
  void send_preload();
  flatbuffers::Offset<protocol::PreloadScript> preload_for(flatbuffers::FlatBufferBuilder& builder,
                                                           const std::string& to) const;
  std::string introduce(std::string& token, bool sub_frame);
  std::shared_ptr<FramePlace> place_of(const RendererLink& link, std::uint32_t frame) const;
  std::shared_ptr<bool> calls_from(const RendererLink& link) const;
  void drop_sub_frame(std::string_view name);
  void drop_sub_frames(const std::move_only_function<bool(const FramePlace&) const>& which);
  void let_go();
  void settle(Result<> outcome);
  void receive_call(const std::shared_ptr<FramePlace>& place, process::Incoming message);
  bool receive_from_main(process::Incoming& message);
  void receive_app_resource(const process::Incoming& message);
  void send_error(const FramePlace& place, std::uint32_t request, const Error& error);
  void receive_execute(process::Incoming message);
  bool has_room_for(const FramePlace& place, const process::Incoming& call);
  mullion::detail::Responder responder(const std::shared_ptr<FramePlace>& place, std::uint32_t request,
                                       process::Op result, mullion::detail::Body::Form asked);
  // Calls back when the page does not load, or when it is gone (false).
  void when_settled(std::move_only_function<void(bool)> f);
  void run_settled(bool there);
  void fail_scripts(const Error& why);
  Pulse::Handlers pulse_handlers();
  Pulse::Interest interest() const;

  std::shared_ptr<FramePlace> main_;  // where this page is; null when no process shows it
  std::vector<std::shared_ptr<FramePlace>> sub_frames_;
  std::unordered_map<std::string, std::string> sub_frame_urls_;  // by their names
  std::string token_;                                            // of the introduction, "" when there is none
  std::string sub_token_;                                        // and of the one for frames within the page
  std::string introduced_url_;
  std::string target_;  // what the last load asked for
  Loaded load_;
  std::uint32_t next_request_ = 1;
  std::unordered_map<std::uint32_t, Executed> executing_;
  std::vector<std::move_only_function<void(bool)>> settled_;
  Pulse pulse_;
};

}  // namespace mullion::main::detail
