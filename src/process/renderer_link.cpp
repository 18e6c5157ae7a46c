#include "process/renderer_link.hpp"

#include <algorithm>

#include "process/app_state.hpp"

namespace mullion::main::detail {

using process::Incoming;
using process::Op;

namespace {

constexpr std::size_t most_frames = 10'000;
constexpr std::size_t most_early = 1'000;

}  // namespace

Result<std::shared_ptr<RendererLink>> RendererLink::start(AppState& app, Contents& contents,
                                                          process::ChildStart start) {
  auto link = std::shared_ptr<RendererLink>(new RendererLink(app));
  auto started = process::ChildProcess::start(*app.broker, std::move(start), link->handlers());
  if (!started) return std::unexpected(std::move(started).error());
  link->process_ = std::move(*started);
  link->frames_.emplace(first_frame, Bound{contents.weak_from_this(), "", true, {}});
  return link;
}

Result<> RendererLink::adopt(AppState& app, UniqueFd socket) {
  auto link = std::shared_ptr<RendererLink>(new RendererLink(app));
  auto adopted = process::ChildProcess::adopt(*app.broker, std::move(socket), "renderer", link->handlers());
  if (!adopted) return std::unexpected(std::move(adopted).error());
  link->process_ = std::move(*adopted);
  app.renderers.push_back(std::move(link));
  return {};
}

RendererLink::~RendererLink() = default;

process::ChildProcess::Handlers RendererLink::handlers() {
  return {.receive = [this](Incoming message) { receive(std::move(message)); },
          .ended = [this](const process::ChildEnd& end) { ended(end); }};
}

void RendererLink::receive(Incoming message) {
  auto self = shared_from_this();
  if (message.op == Op::frame_claim) return claim(message);
  auto found = frames_.find(message.frame ? message.frame : first_frame);
  if (found == frames_.end()) return refuse(message);
  if (message.op == Op::frame_gone) return gone(found->first);
  auto contents = found->second.contents.lock();
  if (!contents) return unbind(found->first), refuse(message);
  if (found->second.confirmed) {
    message.frame = found->first;
    return contents->receive(*this, std::move(message));
  }
  if (++early_ > most_early) return process_->violated("too much is said for a frame that is not confirmed");
  found->second.early.push_back(std::move(message));
}

// A frame that is nobody's may still wait for an answer, and its process with it.
void RendererLink::refuse(const Incoming& message) {
  if (message.op != Op::send_sync && message.op != Op::invoke && message.op != Op::app_resource) return;
  Error why{.kind = Kind::disconnected, .code = "frame", .message = "this document is not the one that its view shows"};
  (void)boot().send_value({.op = Op::call_error, .request = message.request, .frame = message.frame},
                          Value::error(why));
}

// The token names a view, and whether it is for the page's own frame or one within it; the view knows whose that frame
// is: this process's, or one's that only says so.
void RendererLink::claim(const Incoming& message) {
  auto introduced = app_.introduced(message.channel);
  auto said = body_value(message.body);
  if (frames_.contains(message.frame) || message.frame == 0 || frames_.size() >= most_frames || !said)
    return process_->violated("a frame is claimed that cannot be");
  if (!introduced.contents || !introduced.contents->view) return;  // too late: another introduction has its place
  auto name = introduced.sub_frame ? said->string() : "";
  if (introduced.sub_frame && name.empty())
    return process_->violated("a frame within a page is claimed without a name");
  frames_.emplace(message.frame, Bound{introduced.contents, name, false, {}});
  auto answer = [weak = weak_from_this(), frame = message.frame](bool shows) {
    if (auto self = weak.lock()) self->confirmed(frame, shows);
  };
  introduced.contents->view->confirm_frame(process_->pid(), name, std::move(answer));
}

void RendererLink::confirmed(std::uint32_t frame, bool shows) {
  auto found = frames_.find(frame);
  if (found == frames_.end() || found->second.confirmed) return;
  auto contents = found->second.contents.lock();
  if (!shows)
    process_->violated(found->second.name.empty() ? "it claims a view that it does not show"
                                                  : "it claims a frame of a view that it does not show");
  if (!shows || !contents) return unbind(frame);
  found->second.confirmed = true;
  auto early = std::exchange(found->second.early, {});
  early_ -= early.size();
  auto name = found->second.name;
  name.empty() ? contents->bind(shared_from_this(), frame) : contents->add_sub_frame(shared_from_this(), frame, name);
  for (auto& message : early) receive(std::move(message));
}

void RendererLink::gone(std::uint32_t frame) {
  auto contents = frames_[frame].contents.lock();
  unbind(frame);
  if (contents) contents->frame_gone(*this, frame);
}

void RendererLink::ended(const process::ChildEnd& end) {
  auto self = shared_from_this();
  std::erase(app_.renderers, self);
  for (auto& [frame, bound] : std::exchange(frames_, {}))
    if (auto contents = bound.contents.lock()) contents->renderer_ended(*this, end);
}

}  // namespace mullion::main::detail
