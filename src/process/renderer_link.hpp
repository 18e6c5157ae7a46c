// A process that shows pages, as main sees it: its boot channel, and whose page each of its frames is. Private.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "mullion/base/unique_fd.hpp"
#include "process/child.hpp"

namespace mullion::main::detail {

struct AppState;
struct Contents;

class RendererLink final : public std::enable_shared_from_this<RendererLink> {
 public:
  static constexpr std::uint32_t first_frame = 1;

  // Starts this program in the role renderer for one page, whose frame is the first. It ends with the last reference.
  static Result<std::shared_ptr<RendererLink>> start(AppState& app, Contents& contents, process::ChildStart start);
  // A process that an engine started. Its frames are nobody's until they show an introduction. AppState::renderers
  // holds it until it ends.
  static Result<> adopt(AppState& app, UniqueFd socket);
  ~RendererLink();

  process::ChildProcess& process() { return *process_; }
  process::BootPort& boot() { return process_->boot(); }
  void unbind(std::uint32_t frame) { frames_.erase(frame); }
  // It is from a frame that is nobody's: whoever waits there is told.
  void refuse(const process::Incoming& message);

 private:
  struct Bound {
    std::weak_ptr<Contents> contents;
    std::string name;                      // the engine's, of a frame within the page; "" of the page's own
    bool confirmed = false;                // the view said that this process shows it
    std::vector<process::Incoming> early;  // until then
  };
  explicit RendererLink(AppState& app) : app_(app) {}
  process::ChildProcess::Handlers handlers();
  void receive(process::Incoming message);
  void claim(const process::Incoming& message);
  void confirmed(std::uint32_t frame, bool shows);
  void gone(std::uint32_t frame);
  void ended(const process::ChildEnd& end);

  AppState& app_;
  std::unique_ptr<process::ChildProcess> process_;
  std::unordered_map<std::uint32_t, Bound> frames_;
  std::size_t early_ = 0;
};

}  // namespace mullion::main::detail
