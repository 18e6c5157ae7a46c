#include "headless/view.hpp"

#include "headless/messages.hpp"

namespace mullion::headless {

namespace {

Value ask(std::string_view what) { return Value{{"op", what}}; }

backend::ConsoleMessage console_of(const Value& message) {
  auto level = static_cast<int>(message.number("level"));
  if (level < 0 || level > 3) level = 1;
  return {static_cast<backend::ConsoleMessage::Level>(level), message.string("text"), message.string("url"),
          message["line"].to<int>().value_or(0)};
}

}  // namespace

HeadlessView::~HeadlessView() { answer_unload(true); }

Result<> HeadlessView::start() {
  if (host_.renderer_running()) return {};
  return host_.start_renderer();
}

Result<> HeadlessView::load(std::string url) {
  if (auto started = start(); !started) return started;
  url_ = url;
  return host_.post(Value{{"op", op::load}, {"url", url}});
}

// A renderer that crashed took its document along: the page is loaded anew.
Result<> HeadlessView::reload() {
  if (!host_.renderer_running()) return load(url_);
  return host_.post(ask(op::reload));
}

void HeadlessView::stop() { (void)host_.post(ask(op::stop)); }

void HeadlessView::before_unload(std::move_only_function<void(bool)> answer) {
  unloading_.push_back(std::move(answer));
  if (!host_.post(ask(op::before_unload))) answer_unload(true);
}

void HeadlessView::answer_unload(bool may) {
  auto asked = std::exchange(unloading_, {});
  for (auto& answer : asked) answer(may);
}

void HeadlessView::renderer_gone() { answer_unload(true); }

void HeadlessView::on_message(Value message) {
  const auto& what = message.string("op");
  if (what == op::started_loading) return host_.did_start_loading();
  if (what == op::navigated) {
    url_ = message.string("url");
    return host_.did_navigate(url_);
  }
  if (what == op::dom_ready) return host_.dom_ready();
  if (what == op::finished_loading) return host_.did_finish_load();
  if (what == op::failed_loading)
    return host_.did_fail_load({message["code"].to<int>().value_or(-2), message.string("name"), message.string("url")});
  if (what == op::stopped_loading) return host_.did_stop_loading();
  if (what == op::title) return host_.title_updated(message.string("text"));
  if (what == op::console) return host_.console_message(console_of(message));
  if (what == op::close_request) return host_.close_requested();
  if (what == op::may_unload) return answer_unload(message.boolean("may"));
}

}  // namespace mullion::headless
