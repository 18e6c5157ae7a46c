#include "process/engine_process.hpp"

namespace mullion::process {

namespace {

constexpr int patience_ms = 10'000;  // until main takes this process in

}  // namespace

Result<backend::RendererHost*> EngineProcess::join(UniqueFd socket, Post post) {
  if (renderer_)
    return std::unexpected(Error{.kind = Kind::invalid, .code = "joined", .message = "this process has joined main"});
  auto loop = Loop::create_embedded();
  if (!loop) return std::unexpected(std::move(loop).error());
  loop_ = std::move(*loop);
  auto welcome = node::ChildNode::welcomed(socket.get(), patience_ms);
  if (!welcome) return std::unexpected(std::move(welcome).error());
  (void)socket.release();
  auto child = node::ChildNode::connect(*loop_, *welcome, {.sandboxed = true});
  if (!child) return std::unexpected(std::move(child).error());
  child_ = std::move(*child);
  auto pump = Pump::start(*loop_, std::move(post));
  if (!pump) return std::unexpected(std::move(pump).error());
  pump_ = std::move(*pump);
  renderer_ = std::make_unique<RendererProcess>(*loop_, *child_, program_, Isolating());
  renderer_->start();
  return renderer_.get();
}

// What was posted last reaches main before the link hangs up.
void EngineProcess::leave() {
  renderer_.reset();
  if (child_) child_->disconnect();
  pump_.reset();
  child_.reset();
  loop_.reset();
}

}  // namespace mullion::process
