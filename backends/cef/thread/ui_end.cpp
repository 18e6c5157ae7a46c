#include "cef/thread/ui_end.hpp"

#include <utility>

namespace mullion::cef {

namespace {

std::unexpected<Error> no_process() {
  return std::unexpected(Error{
      .kind = Kind::unimplemented, .code = "renderer", .message = "Chromium starts its renderer processes itself"});
}

}  // namespace

template <class F>
void UiEnd::tell(F f) {
  (void)to_main_.post([weak = main_, f = std::move(f)]() mutable {
    auto end = weak.lock();
    if (end && end->host) f(*end);
  });
}

template <class F>
void UiEnd::tell_load(F f) {
  tell([load = load_, f = std::move(f)](MainEnd& end) mutable {
    if (end.load == load) f(*end.host);
  });
}

void UiEnd::begin_load(unsigned load, Introductions introductions) {
  load_ = load;
  introductions_ = std::move(introductions);
}

void UiEnd::answer(unsigned question, bool yes) {
  tell([question, yes](MainEnd& end) {
    auto asked = end.questions.extract(question);
    if (asked) asked.mapped()(yes);
  });
}

void UiEnd::answer_capture(unsigned question, Result<std::vector<std::byte>> picture) {
  tell([question, picture = std::move(picture)](MainEnd& end) mutable {
    auto asked = end.captures.extract(question);
    if (asked) asked.mapped()(std::move(picture));
  });
}

Result<> UiEnd::start_renderer(Isolation) { return no_process(); }
Result<> UiEnd::post(Value) { return no_process(); }

void UiEnd::did_start_loading() {
  tell_load([](backend::ViewHost& to) { to.did_start_loading(); });
}

void UiEnd::did_navigate(std::string url) {
  tell_load([url = std::move(url)](backend::ViewHost& to) mutable { to.did_navigate(std::move(url)); });
}

void UiEnd::dom_ready() {
  tell_load([](backend::ViewHost& to) { to.dom_ready(); });
}

void UiEnd::did_finish_load() {
  tell_load([](backend::ViewHost& to) { to.did_finish_load(); });
}

void UiEnd::did_fail_load(backend::LoadFailure failure) {
  tell_load([failure = std::move(failure)](backend::ViewHost& to) mutable { to.did_fail_load(std::move(failure)); });
}

void UiEnd::did_stop_loading() {
  tell_load([](backend::ViewHost& to) { to.did_stop_loading(); });
}

void UiEnd::title_updated(std::string title) {
  tell([title = std::move(title)](MainEnd& end) mutable { end.host->title_updated(std::move(title)); });
}

void UiEnd::console_message(backend::ConsoleMessage message) {
  tell([message = std::move(message)](MainEnd& end) mutable { end.host->console_message(std::move(message)); });
}

void UiEnd::close_requested() {
  tell([](MainEnd& end) { end.host->close_requested(); });
}

void UiEnd::render_process_gone(std::string reason, int code) {
  tell([reason = std::move(reason), code](MainEnd& end) { end.host->render_process_gone(reason, code); });
}

void UiEnd::sub_frame_navigated(std::string_view frame, std::string url) {
  tell([frame = std::string(frame), url = std::move(url)](MainEnd& end) mutable {
    end.host->sub_frame_navigated(frame, std::move(url));
  });
}

void UiEnd::sub_frame_gone(std::string_view frame) {
  tell([frame = std::string(frame)](MainEnd& end) { end.host->sub_frame_gone(frame); });
}

void UiEnd::window_changed() {
  auto* window = view ? view->window() : nullptr;
  if (!window) return;
  tell([state = window->state(), shown = view->is_shown()](MainEnd& end) {
    end.window = state;
    end.shown = shown;
    end.host->window_changed();
  });
}

void UiEnd::dev_tools_changed(bool open) {
  tell([open](MainEnd& end) { end.host->dev_tools_changed(open); });
}

void UiEnd::painted(const backend::Paint& paint) {
  if (!paints_->put(paint)) return;
  tell([paints = paints_](MainEnd& end) {
    auto [last, bytes] = paints->take();
    last.bytes = bytes;
    end.host->painted(last);
  });
}

}  // namespace mullion::cef
