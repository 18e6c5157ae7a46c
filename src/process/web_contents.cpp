#include "mullion/process/web_contents.hpp"

#include <csignal>

#include "process/app_state.hpp"
#include "process/ends.hpp"
#include "process/file_url.hpp"
#include "process/picture.hpp"

namespace mullion::main {

namespace {

Error gone() { return {.kind = Kind::disconnected, .code = "destroyed", .message = "the page has been destroyed"}; }

Task<Result<>> load(std::shared_ptr<detail::Contents> contents, std::string url) {
  auto [answer, waiting] = one_shot<Result<>>();
  auto begun = contents->begin_load(std::move(url), std::move(answer));
  if (!begun) co_return begun;
  auto outcome = co_await std::move(waiting);
  if (!outcome) co_return std::unexpected(gone());
  co_return std::move(*outcome);
}

Task<Result<Value>> run(std::shared_ptr<detail::Contents> contents, std::string code) {
  auto [answer, waiting] = one_shot<Result<Value>>();
  contents->execute(std::move(code), std::move(answer));
  auto outcome = co_await std::move(waiting);
  if (!outcome) co_return std::unexpected(gone());
  co_return std::move(*outcome);
}

Task<Result<Picture>> capture(std::shared_ptr<detail::Contents> contents, std::optional<Rectangle> area) {
  if (auto there = contents->check(); !there) co_return std::unexpected(there.error());
  auto [answer, waiting] = one_shot<Result<std::vector<std::byte>>>();
  contents->view->capture(area, std::move(answer));
  auto taken = co_await std::move(waiting);
  if (!taken) co_return std::unexpected(gone());
  if (!*taken) co_return std::unexpected(taken->error());
  co_return detail::read_picture(std::move(**taken));
}

}  // namespace

// ---- frames ----

Result<> WebFrame::send(std::string_view channel, std::vector<Value> arguments) const {
  auto bytes = encode(Value::array(std::move(arguments)));
  return send_message({.op = process::Op::send_to_frame, .channel = channel, .body = bytes}, nullptr, 0);
}

Result<> WebFrame::post_message(std::string_view channel, const Value& message, std::vector<MessagePort>& ports) const {
  auto each = process::pointers(ports);
  return post_each(channel, message, each.data(), each.size());
}

Result<> WebFrame::post_each(std::string_view channel, const Value& message, MessagePort** ports,
                             std::size_t count) const {
  auto bytes = encode(Value::array({message}));
  return send_message({.op = process::Op::post_to_frame, .channel = channel, .body = bytes}, ports, count);
}

Result<> WebFrame::send_message(const process::Outgoing& message, MessagePort** ports, std::size_t count) const {
  if (is_main_) return contents_->send(message, ports, count);
  if (auto place = place_.lock()) return contents_->send_to(*place, message, ports, count);
  return std::unexpected(
      Error{.kind = Kind::disconnected, .code = "destroyed", .message = "the frame's document is gone"});
}

std::string WebFrame::url() const {
  if (is_main_) return contents_->url;
  auto place = place_.lock();
  return place ? contents_->sub_frame_url(place->name) : "";
}

bool WebFrame::is_destroyed() const { return is_main_ ? contents_->app == nullptr : place_.expired(); }
WebFrame WebFrame::top() const { return WebFrame(contents_); }

int WebFrame::process_id() const {
  if (auto place = place_.lock()) return place->link->process().pid();
  return is_main_ && contents_->renderer() ? contents_->renderer()->process().pid() : 0;
}

bool operator==(const WebFrame& a, const WebFrame& b) {
  return a.contents_ == b.contents_ && a.is_main_ == b.is_main_ && !a.place_.owner_before(b.place_) &&
         !b.place_.owner_before(a.place_);
}

std::vector<WebFrame> WebContents::frames() const {
  std::vector<WebFrame> frames;
  if (!contents_->app) return frames;
  frames.push_back(main_frame());
  for (const auto& place : contents_->sub_frames()) frames.push_back(WebFrame(contents_, place));
  return frames;
}

// ---- the page ----

std::uint32_t WebContents::id() const { return contents_->id; }
bool WebContents::is_destroyed() const { return contents_->app == nullptr; }
std::string WebContents::url() const { return contents_->url; }
std::string WebContents::title() const { return contents_->title; }
bool WebContents::is_loading() const { return contents_->loading; }
bool WebContents::is_crashed() const { return contents_->crashed; }
int WebContents::process_id() const { return main_frame().process_id(); }
Emitter& WebContents::emitter() const { return contents_->emitter; }

transport::Medium WebContents::transport() const {
  return contents_->renderer() ? contents_->renderer()->process().medium() : transport::Medium::automatic;
}

Task<Result<>> WebContents::load_url(std::string_view url) const { return load(contents_, std::string(url)); }

Task<Result<>> WebContents::load_file(std::string_view path) const { return load(contents_, process::file_url(path)); }

Result<> WebContents::start_load(std::string_view url) const {
  return contents_->begin_load(std::string(url), nullptr);
}

Result<> WebContents::reload() const { return contents_->reload(); }

void WebContents::stop() const {
  if (contents_->view) contents_->view->stop();
}

Task<Result<Value>> WebContents::execute_java_script(std::string_view code) const {
  return run(contents_, std::string(code));
}

Result<> WebContents::open_dev_tools() const {
  if (auto there = contents_->check(); !there) return there;
  return contents_->view->open_dev_tools();
}

void WebContents::close_dev_tools() const {
  if (contents_->view) contents_->view->close_dev_tools();
}

bool WebContents::is_dev_tools_opened() const { return contents_->dev_tools; }

void WebContents::close() const {
  if (auto window = contents_->window.lock()) window->destroy();
  if (auto view = contents_->child.lock()) view->destroy();
}

Task<Result<Picture>> WebContents::capture_page() const { return capture(contents_, std::nullopt); }

Task<Result<Picture>> WebContents::capture_page(const Rectangle& area) const { return capture(contents_, area); }

void WebContents::forcefully_crash_renderer() const {
  if (auto* renderer = contents_->renderer()) renderer->process().kill(SIGKILL);
}

}  // namespace mullion::main
