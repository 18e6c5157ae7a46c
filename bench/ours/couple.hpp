// Main and one child, each with a loop, and a port between them.
#pragma once

#include <memory>
#include <optional>

#include "mullion/base/loop.hpp"
#include "mullion/ipc/port.hpp"
#include "mullion/node/broker.hpp"
#include "suite/row.hpp"

namespace mullion::bench {

enum class Trust : bool { no, yes };

// The driver's side: it is main, and the child is this program as the row's peer.
class MainEnd {
 public:
  static Result<std::unique_ptr<MainEnd>> create(const Row& row, Trust trust);

  Loop& loop() { return *loop_; }
  StartedPort& port() { return port_; }
  node::Broker& broker() { return *broker_; }
  node::ChildId child() const { return child_; }
  // Until end(), or until the child ends, which is an error.
  Result<> run();  // again and again, as often as one likes
  void end(Result<> result = {});

 private:
  std::unique_ptr<Loop> loop_;
  std::unique_ptr<node::Broker> broker_;
  node::ChildId child_ = 0;
  StartedPort port_;
  Result<> result_;
};

// The peer's side.
class ChildEnd {
 public:
  static Result<std::unique_ptr<ChildEnd>> create(const Peer& peer, Trust trust);

  Loop& loop() { return *loop_; }
  StartedPort& port() { return port_; }
  const std::shared_ptr<node::Node>& node() const { return node_; }
  Result<> run();  // until main is gone
  void fail(Error why);

 private:
  std::unique_ptr<Loop> loop_;
  std::unique_ptr<node::ChildNode> child_;
  std::shared_ptr<node::Node> node_;
  StartedPort port_;
  Result<> result_;
};

// Main serves a ball, takes what comes back, and serves again until the round is over.
namespace ports {
Result<> play_balls(Session& session, MainEnd& end);
}

}  // namespace mullion::bench
