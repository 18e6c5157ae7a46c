// A WebContents' off-screen half, and the input to a page.
#include "mullion/process/web_contents.hpp"
#include "process/contents.hpp"

namespace mullion::main {

namespace {

void set_painting(detail::Contents& contents, bool on) {
  if (contents.painting == on) return;
  contents.painting = on;
  if (contents.view) contents.view->set_painting(on);
}

}  // namespace

Result<> WebContents::send_input_event(const MouseInputEvent& event) const {
  if (auto there = contents_->check(); !there) return there;
  return contents_->view->send_input(event);
}

Result<> WebContents::send_input_event(const KeyboardInputEvent& event) const {
  if (auto there = contents_->check(); !there) return there;
  return contents_->view->send_input(event);
}

bool WebContents::is_offscreen() const { return contents_->options.web_preferences.offscreen; }
bool WebContents::is_painting() const { return is_offscreen() && contents_->painting; }
void WebContents::start_painting() const { set_painting(*contents_, true); }
void WebContents::stop_painting() const { set_painting(*contents_, false); }

void WebContents::invalidate() const {
  if (contents_->view) contents_->view->invalidate();
}

int WebContents::frame_rate() const { return contents_->frame_rate; }

Result<> WebContents::set_frame_rate(int per_second) const {
  if (auto there = contents_->check(); !there) return there;
  if (per_second < 1 || per_second > 240)
    return std::unexpected(Error{.kind = Kind::invalid,
                                 .code = "frame-rate",
                                 .message = "a frame rate is 1 to 240, not " + std::to_string(per_second)});
  contents_->frame_rate = per_second;
  contents_->view->set_frame_rate(per_second);
  return {};
}

}  // namespace mullion::main
