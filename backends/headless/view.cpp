#include "headless/view.hpp"

#include <utility>

#include "headless/messages.hpp"

namespace mullion::headless {
namespace {

// A number within bounds, or `otherwise`.
int bounded(const Value& message, std::string_view key, int least, int most, int otherwise) {
  double number = message.number(key);
  return number >= least && number <= most ? static_cast<int>(number) : otherwise;
}

backend::ConsoleMessage console_message(const Value& message) {
  backend::ConsoleMessage out;
  out.level = static_cast<backend::ConsoleMessage::Level>(bounded(message, "level", 0, 3, 1));
  out.message = message.string("text");
  out.source = message.string("url");
  out.line = bounded(message, "line", 0, 1'000'000'000, 0);
  return out;
}

backend::LoadFailure load_failure(const Value& message) {
  int code = bounded(message, "code", -1000, -1, -2);
  return {.code = code, .description = message.string("name"), .url = message.string("url")};
}

}  // namespace

Result<> View::start(Value first) {
  if (!host_.renderer_running())
    if (auto started = host_.start_renderer(isolation_); !started) return started;
  return host_.post(std::move(first));
}

Result<> View::load(std::string url) {
  url_ = std::move(url);
  files_.grant(url_);
  return start(Value{{"do", message::load}, {"url", url_}, {"load", ++load_}});
}

Result<> View::reload() {
  if (!host_.renderer_running()) return load(url_);  // the page went with its process
  return host_.post(Value{{"do", message::reload}, {"load", ++load_}});
}

void View::stop() { (void)host_.post(Value{{"do", message::stop}}); }

void View::before_unload(std::move_only_function<void(bool)> answer) {
  auto ask = ++asked_;
  Value question{{"do", message::before_unload}, {"ask", ask}};
  if (!host_.renderer_running() || !host_.post(std::move(question))) return answer(true);
  asking_.emplace(ask, std::move(answer));
}

void View::renderer_gone() {
  files_.forget();
  auto asking = std::exchange(asking_, {});
  for (auto& [ask, answer] : asking) answer(true);
}

// A load that another one took the place of fails in the renderer after the program has moved on.
bool View::belongs_to_load(const Value& message) const { return message["load"] == Value(load_); }

// In each branch the host comes last: what listens to it may end this view.
void View::on_message(Value message) {
  const std::string& what = message.string("told");
  if (what == message::console) return host_.console_message(console_message(message));
  if (what == message::title) return host_.title_updated(message.string("text"));
  if (what == message::close) return host_.close_requested();
  if (what == message::may_unload) return answer(message);
  if (what == message::read) return read(message);
  if (belongs_to_load(message)) loading_told(what, message);
}

void View::loading_told(std::string_view what, const Value& message) {
  if (what == message::started) return host_.did_start_loading();
  if (what == message::navigated) {
    files_.committed();
    return host_.did_navigate(message.string("url"));
  }
  if (what == message::dom_ready) return host_.dom_ready();
  if (what == message::finished) return host_.did_finish_load();
  if (what == message::failed) return host_.did_fail_load(load_failure(message));
  if (what == message::stopped) return host_.did_stop_loading();
}

void View::read(const Value& message) {
  FileAsk ask{.path = message.string("path"), .from = message["from"].to<std::uint64_t>().value_or(0)};
  if (message["reader"].is_string()) ask.reader = message.string("reader");
  files_.read(std::move(ask), [this, number = message["ask"].to<std::uint32_t>().value_or(0)](std::expected<FilePart, NetError> part) {
    if (!part) return void(host_.post(Value{{"do", message::file}, {"ask", number}, {"error", part.error().name}}));
    const auto size = static_cast<double>(part->size);
    (void)host_.post(
        Value{{"do", message::file}, {"ask", number}, {"bytes", Value(std::move(part->bytes))}, {"size", size}});
  });
}

void View::answer(const Value& message) {
  auto ask = message["ask"].to<std::uint32_t>();
  auto asked = ask ? asking_.extract(*ask) : decltype(asking_)::node_type();
  if (asked) asked.mapped()(message.boolean("go"));
}

}  // namespace mullion::headless
