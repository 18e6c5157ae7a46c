#include "ours/couple.hpp"

#include <string>

namespace mullion::bench {
namespace {

Error ended_early(node::ExitStatus status) {
  return {.message = status.signal ? "the child was ended by signal " + std::to_string(status.signal)
                                   : "the child exited with " + std::to_string(status.code)};
}

}  // namespace

Result<std::unique_ptr<MainEnd>> MainEnd::create(const Row& row, Trust trust) {
  auto end = std::make_unique<MainEnd>();
  auto loop = Loop::create();
  if (!loop) return std::unexpected(loop.error());
  end->loop_ = std::move(*loop);
  auto broker = node::Broker::create(*end->loop_);
  if (!broker) return std::unexpected(broker.error());
  end->broker_ = std::move(*broker);
  node::ChildOptions options{.role = "bench", .name = "peer", .arguments = {"--peer-of=" + std::string(row.name)}};
  options.link.trusted = trust == Trust::yes;
  node::ChildEvents events{
      .link_failed = [end = end.get()](const Error& why) { end->end(std::unexpected(why)); },
      .exited = [end = end.get()](node::ExitStatus status) { end->end(std::unexpected(ended_early(status))); }};
  auto child = end->broker_->spawn(std::move(options), std::move(events));
  if (!child) return std::unexpected(child.error());
  end->child_ = *child;
  end->port_ = MessagePort(end->broker_->share_node(), end->broker_->boot_end(*child)).start();
  return end;
}

Result<> MainEnd::run() {
  if (auto ran = loop_->run(); !ran) return ran;
  return result_;
}

void MainEnd::end(Result<> result) {
  if (result_) result_ = std::move(result);
  loop_->stop();
}

Result<std::unique_ptr<ChildEnd>> ChildEnd::create(const Peer& peer, Trust trust) {
  auto end = std::make_unique<ChildEnd>();
  auto loop = Loop::create();
  if (!loop) return std::unexpected(loop.error());
  end->loop_ = std::move(*loop);
  auto inherited = node::ChildNode::inherited(peer.argc, peer.argv);
  if (!inherited) return std::unexpected(inherited.error());
  auto child = node::ChildNode::connect(*end->loop_, *inherited, {.trusted = trust == Trust::yes});
  if (!child) return std::unexpected(child.error());
  end->child_ = std::move(*child);
  end->node_ = end->child_->share_node();
  end->port_ = MessagePort(end->node_, end->child_->boot_end()).start();
  end->port_.on_close([end = end.get()](const Error&) { end->loop_->stop(); });
  return end;
}

Result<> ChildEnd::run() {
  if (auto ran = loop_->run(); !ran) return ran;
  return result_;
}

void ChildEnd::fail(Error why) {
  result_ = std::unexpected(std::move(why));
  loop_->stop();
}

}  // namespace mullion::bench
