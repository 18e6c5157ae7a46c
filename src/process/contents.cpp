#include "process/contents.hpp"

#include <csignal>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <random>

#include "mullion/base/log.hpp"
#include "process/app_state.hpp"
#include "process/file_url.hpp"

namespace mullion::main::detail {

using mullion::detail::Body;
using process::Incoming;
using process::Op;

namespace {

Error gone() { return {.kind = Kind::disconnected, .code = "destroyed", .message = "the page has been destroyed"}; }

Error load_error(const backend::LoadFailure& failure) {
  return {.kind = failure.description == "ERR_ABORTED" ? Kind::disconnected : Kind::failed,
          .code = failure.description,
          .message = failure.description + " (" + std::to_string(failure.code) + ") loading '" + failure.url + "'"};
}

// A page's text may go to a terminal: what controls one is left out.
std::string console_line(const backend::ConsoleMessage& message) {
  std::string line;
  for (char each : message.message)
    if (each == '\n' || each == '\t' || (static_cast<unsigned char>(each) >= ' ' && each != '\x7f')) line += each;
  if (message.level < Level::warning || message.source.empty()) return line;
  return line + " (" + message.source + ":" + std::to_string(message.line) + ")";
}

// 128 bits that nobody can guess, in hexadecimal.
std::string random_token() {
  std::random_device source;
  char text[33];
  std::snprintf(text, sizeof text, "%08x%08x%08x%08x", source(), source(), source(), source());
  return text;
}

struct PreloadFile {
  std::string path{};
  std::string source{};
  std::string error{};
};

PreloadFile read_preload(const std::string& folder, const std::string& name) {
  PreloadFile file{.path = name.starts_with('/') ? name : folder + name};
  std::ifstream stream(file.path, std::ios::binary);
  if (stream) file.source.assign(std::istreambuf_iterator<char>(stream), {});
  if (!stream.is_open() || stream.bad())
    file.error = "no preload of this program is called '" + name + "', and there is no readable file " + file.path;
  return file;
}

backend::ViewOptions view_options(const BrowserWindowOptions& options, backend::Place place) {
  backend::ViewOptions out{.place = place, .title = options.title, .width = options.width, .height = options.height};
  if (options.x && options.y) out.position = {*options.x, *options.y};
  out.show = options.show;
  return out;
}

// What a script threw: its class is the code, unless it has one of its own.
Error thrown_of(const Value& value) {
  auto error = mullion::detail::error_of(value);
  if (error.code.empty() && value.is_error()) error.code = value.string("name");
  return error;
}

}  // namespace

Contents::Contents(AppState& app, BrowserWindowOptions options)
    : app(&app),
      options(std::move(options)),
      pulse_(app.loop, this->options.web_preferences.unresponsive_after_ms, pulse_handlers()) {}

Contents::~Contents() { destroy(); }

Result<> Contents::create_view(const backend::Backend& backend) {
  backend_name = backend.name();
  auto factory = app->factory(backend);
  if (!factory) return std::unexpected(std::move(factory).error());
  auto made = (*factory)->create_view(*this, view_options(options, place));
  if (!made) return std::unexpected(std::move(made).error());
  view = std::move(*made);
  return {};
}

void Contents::destroy() {
  if (!app) return;
  app->introductions.erase(token_);
  app->introductions.erase(sub_token_);
  app = nullptr;
  view.reset();
  pulse_.stop();
  drop_sub_frames([](const FramePlace&) { return true; });
  let_go();
  settle(std::unexpected(gone()));
  fail_scripts(gone());
  run_settled(false);
  auto last = std::move(emitter);
  if (std::exchange(dev_tools, false)) last.emit(devtools_closed);
  last.emit(destroyed);
}

Result<> Contents::check() const {
  if (!app) return std::unexpected(gone());
  return {};
}

bool Contents::goes_all_the_same() {
  CancelableEvent event;
  emitter.emit(will_prevent_unload, event);
  return event.default_prevented();
}

// ---- loads ----

Result<> Contents::begin_load(std::string to, Loaded done) {
  if (auto there = check(); !there) return there;
  settle(std::unexpected(load_error({-3, "ERR_ABORTED", target_})));
  target_ = std::move(to);
  load_ = std::move(done);
  if (own_renderer) send_preload();
  auto begun = view->load(target_);
  if (!begun) load_ = nullptr;
  return begun;
}

Result<> Contents::reload() {
  if (auto there = check(); !there) return there;
  if (own_renderer) send_preload();
  return view->reload();
}

void Contents::settle(Result<> outcome) {
  if (auto done = std::exchange(load_, nullptr)) done(std::move(outcome));
}

// ---- the renderer process ----

Result<> Contents::start_renderer(Isolation isolation) {
  if (auto there = check(); !there) return there;
  auto started = RendererLink::start(*app, *this,
                                     {.role = "renderer",
                                      .name = options.title,
                                      .medium = options.transport,
                                      .isolation = isolation,
                                      .system_calls = isolation == Isolation::isolated ? app->system_calls() : -1});
  if (!started) return std::unexpected(std::move(started).error());
  bind(std::move(*started), RendererLink::first_frame);
  own_renderer = true;
  flatbuffers::FlatBufferBuilder builder;
  auto backend = builder.CreateString(backend_name);
  auto arguments = builder.CreateVectorOfStrings(options.web_preferences.additional_arguments);
  builder.Finish(protocol::CreateRendererStart(builder, backend, arguments));
  auto sent = send({.op = Op::renderer_start, .body = std::as_bytes(builder.GetBufferSpan())});
  if (sent && !target_.empty()) send_preload();
  return sent;
}

// ---- what a document begins with ----

flatbuffers::Offset<protocol::PreloadScript> Contents::preload_for(flatbuffers::FlatBufferBuilder& builder,
                                                                   const std::string& to) const {
  const auto& name = options.web_preferences.preload;
  for (const auto& preload : app->program.preloads)
    if (preload.name == name) return protocol::CreatePreloadScriptDirect(builder, name.c_str());
  auto file = read_preload(process::page_folder(to), name);
  return protocol::CreatePreloadScriptDirect(builder, file.path.c_str(), file.source.c_str(),
                                             file.error.empty() ? nullptr : file.error.c_str());
}

std::string Contents::introduction(std::string_view to) {
  introduced_url_ = to;
  app->introductions.erase(sub_token_);
  return introduce(token_, false);
}

std::string Contents::sub_frame_introduction() {
  const auto& wanted = options.web_preferences;
  return wanted.preload_in_sub_frames && !wanted.preload.empty() ? introduce(sub_token_, true) : "";
}

std::string Contents::introduce(std::string& token, bool sub_frame) {
  app->introductions.erase(token);
  token = random_token();
  app->introductions.emplace(token, AppState::Introduction{weak_from_this(), sub_frame});
  flatbuffers::FlatBufferBuilder builder;
  flatbuffers::Offset<protocol::PreloadScript> preload;
  if (!options.web_preferences.preload.empty()) preload = preload_for(builder, introduced_url_);
  auto name = builder.CreateString(token);
  auto arguments = builder.CreateVectorOfStrings(options.web_preferences.additional_arguments);
  builder.Finish(protocol::CreateIntroduction(builder, name, arguments, preload, sub_frame));
  return {reinterpret_cast<const char*>(builder.GetBufferPointer()), builder.GetSize()};
}

void Contents::send_preload() {
  if (options.web_preferences.preload.empty()) return;
  flatbuffers::FlatBufferBuilder builder;
  builder.Finish(preload_for(builder, target_));
  (void)send({.op = Op::preload_script, .body = std::as_bytes(builder.GetBufferSpan())});
}

Result<> Contents::send(process::Outgoing message, MessagePort** ports, std::size_t count) {
  if (auto there = check(); !there) return there;
  if (!main_ || crashed)
    return std::unexpected(
        Error{.kind = Kind::disconnected, .code = "crashed", .message = "the page has no renderer process"});
  return send_to(*main_, message, ports, count);
}

Result<> Contents::send_to(const FramePlace& place, process::Outgoing message, MessagePort** ports, std::size_t count) {
  message.frame = place.id;
  auto sent = place.link->boot().send(message, ports, count);
  if (sent && &place == main_.get()) pulse_.wanted();
  return sent;
}

// A process that an engine started: the engine says how it ended.
void Contents::renderer_ended(const RendererLink& link, const process::ChildEnd& end) {
  std::erase_if(sub_frames_, [&](const auto& each) { return each->link.get() == &link; });
  if (renderer() != &link) return;
  auto self = shared_from_this();
  auto last = std::move(main_);
  bool own = std::exchange(own_renderer, false);
  pulse_.stop();
  fail_scripts({.kind = Kind::disconnected, .code = "crashed", .message = "the renderer process is gone"});
  if (!app) return;  // who heard of it has destroyed the page
  view->renderer_gone();
  if (own) render_process_gone(end.reason, end.code);
}

Result<> Contents::post(Value message) {
  auto bytes = encode(message);
  return send({.op = Op::view_message, .body = bytes});
}

// ---- what the view reports ----

Loop& Contents::loop() { return app->loop; }

void Contents::did_start_loading() {
  loading = true;
  emitter.emit(main::did_start_loading);
}

void Contents::did_navigate(std::string new_url) {
  url = std::move(new_url);
  emitter.emit(main::did_navigate, url);
}

void Contents::dom_ready() { emitter.emit(main::dom_ready); }

void Contents::did_finish_load() {
  auto self = shared_from_this();
  emitter.emit(main::did_finish_load);
  settle({});
}

void Contents::did_fail_load(backend::LoadFailure failure) {
  auto self = shared_from_this();
  emitter.emit(main::did_fail_load, failure);
  settle(std::unexpected(load_error(failure)));
  did_stop_loading();
}

void Contents::did_stop_loading() {
  if (!std::exchange(loading, false)) return;
  auto self = shared_from_this();
  emitter.emit(main::did_stop_loading);
  run_settled(true);
}

void Contents::title_updated(std::string new_title) {
  title = std::move(new_title);
  if (auto at = window.lock()) at->title = title;
  view->set_title(title);
  emitter.emit(page_title_updated, title);
}

void Contents::console_message(backend::ConsoleMessage message) {
  if (emitter.count(main::console_message)) return emitter.emit(main::console_message, message);
  log(message.level, console_line(message));
}

void Contents::render_process_gone(std::string reason, int code) {
  auto self = shared_from_this();
  crashed = true;
  pulse_.stop();
  sub_frame_urls_.clear();
  drop_sub_frames([](const FramePlace&) { return true; });
  fail_scripts({.kind = Kind::disconnected, .code = "crashed", .message = "the renderer process is gone"});
  if (app && (loading || load_)) did_fail_load({-2, "ERR_FAILED", target_});
  if (app) emitter.emit(main::render_process_gone, RenderProcessGone{std::move(reason), code});
}

void Contents::close_requested() {
  if (auto at = window.lock()) at->close();
  if (auto in = child.lock()) in->destroy();
}

void Contents::window_changed() {
  if (auto at = window.lock()) at->changed();
}

void Contents::painted(const backend::Paint& paint) { emitter.emit(main::paint, paint); }

void Contents::dev_tools_changed(bool open) {
  if (std::exchange(dev_tools, open) != open) emitter.emit(open ? devtools_opened : devtools_closed);
}

// ---- does it answer? ----

Pulse::Handlers Contents::pulse_handlers() {
  return {.ask = [this](std::uint32_t number) { return send({.op = Op::ping, .request = number}).has_value(); },
          .interest = [this] { return interest(); },
          .changed =
              [this](bool answers) {
                auto self = shared_from_this();
                if (app) emitter.emit(answers ? responsive : unresponsive);
              }};
}

Pulse::Interest Contents::interest() const {
  auto at = window.lock();
  if (loading || load_ || !executing_.empty() || (at && at->closing)) return Pulse::Interest::waited_for;
  return view && view->is_shown() ? Pulse::Interest::looked_at : Pulse::Interest::none;
}

// ---- scripts ----

void Contents::when_settled(std::move_only_function<void(bool)> f) {
  if (!app || !loading) return f(app != nullptr);
  settled_.push_back(std::move(f));
}

void Contents::run_settled(bool there) {
  auto waiting = std::exchange(settled_, {});
  for (auto& f : waiting) f(there);
}

void Contents::execute(std::string code, Executed done) {
  when_settled([this, self = shared_from_this(), code = std::move(code), done = std::move(done)](bool there) mutable {
    if (!there) return done(std::unexpected(gone()));
    auto request = next_request_++;
    auto bytes = encode(Value(code));
    auto sent = send({.op = Op::execute, .request = request, .body = bytes});
    if (!sent) return done(std::unexpected(sent.error()));
    executing_.emplace(request, std::move(done));
  });
}

void Contents::fail_scripts(const Error& why) {
  auto executing = std::exchange(executing_, {});
  for (auto& [request, done] : executing) done(std::unexpected(why));
}

void Contents::receive_execute(Incoming message) {
  auto waiting = executing_.extract(message.request);
  if (waiting.empty()) return;
  auto value = body_value(message.body);
  if (!value) return waiting.mapped()(std::unexpected(value.error()));
  if (message.op == Op::execute_error) return waiting.mapped()(std::unexpected(thrown_of(*value)));
  waiting.mapped()(std::move(*value));
}

}  // namespace mullion::main::detail
