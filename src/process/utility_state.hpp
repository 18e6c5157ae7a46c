// What a utility Process is made of. Private.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "mullion/base/loop.hpp"
#include "mullion/node/node.hpp"
#include "mullion/utility.hpp"

namespace mullion::utility::detail {

struct ProcessState {
  ProcessState(Loop& loop, std::shared_ptr<node::Node> node, const IsolationReport& isolation)
      : loop(loop), node(std::move(node)), isolation(isolation), process(*this) {}
  void end(int with);

  Loop& loop;
  std::shared_ptr<node::Node> node;
  IsolationReport isolation;
  std::string name;
  std::vector<std::string> arguments;
  std::optional<StartedPort> port;
  Process process;
  int code = 0;
  bool ended = false;
  std::unique_ptr<Tasks> tasks = std::make_unique<Tasks>();  // last: what runs refers to the rest
};

}  // namespace mullion::utility::detail
