// Which frames of which processes show a page.
#include "process/app_state.hpp"
#include "process/contents.hpp"

namespace mullion::main::detail {

void Contents::bind(std::shared_ptr<RendererLink> link, std::uint32_t frame) {
  if (renderer() != link.get())
    fail_scripts({.kind = Kind::disconnected, .code = "destroyed", .message = "the document is gone"});
  auto calls = calls_from(*link);
  let_go();
  main_ = std::make_shared<FramePlace>(std::move(link), frame, "", std::move(calls));
  crashed = false;
  pulse_.begin_again();
}

void Contents::let_go() {
  own_renderer = false;
  if (auto last = std::exchange(main_, nullptr)) last->link->unbind(last->id);
}

void Contents::frame_gone(const RendererLink& link, std::uint32_t gone) {
  std::erase_if(sub_frames_, [&](const auto& each) { return each->link.get() == &link && each->id == gone; });
  if (renderer() != &link || main_->id != gone) return;
  main_ = nullptr;
  pulse_.stop();
}

// ---- frames within the page ----

void Contents::add_sub_frame(std::shared_ptr<RendererLink> link, std::uint32_t frame, std::string name) {
  if (!app) return link->unbind(frame);
  drop_sub_frame(name);
  auto calls = calls_from(*link);
  sub_frames_.push_back(std::make_shared<FramePlace>(std::move(link), frame, std::move(name), std::move(calls)));
}

void Contents::sub_frame_navigated(std::string_view name, std::string to) {
  if (options.web_preferences.preload_in_sub_frames) sub_frame_urls_.insert_or_assign(std::string(name), std::move(to));
}

void Contents::sub_frame_gone(std::string_view name) {
  sub_frame_urls_.erase(std::string(name));
  drop_sub_frame(name);
}

std::string Contents::sub_frame_url(const std::string& name) const {
  auto found = sub_frame_urls_.find(name);
  return found == sub_frame_urls_.end() ? "" : found->second;
}

void Contents::drop_sub_frame(std::string_view name) {
  drop_sub_frames([name](const FramePlace& place) { return place.name == name; });
}

void Contents::drop_sub_frames(const std::move_only_function<bool(const FramePlace&) const>& which) {
  std::erase_if(sub_frames_, [&](const auto& each) {
    bool gone = which(*each);
    if (gone) each->link->unbind(each->id);
    return gone;
  });
}

std::shared_ptr<FramePlace> Contents::place_of(const RendererLink& link, std::uint32_t frame) const {
  if (renderer() == &link && main_->id == frame) return main_;
  for (const auto& each : sub_frames_)
    if (each->link.get() == &link && each->id == frame) return each;
  return nullptr;
}

// All frames of one process take from one quota.
std::shared_ptr<bool> Contents::calls_from(const RendererLink& link) const {
  if (renderer() == &link) return main_->calls;
  for (const auto& each : sub_frames_)
    if (each->link.get() == &link) return each->calls;
  return std::make_shared<bool>();
}

}  // namespace mullion::main::detail
