// A process that an engine started from this program's executable, as far as Mullion is in it. Private.
#pragma once

#include <memory>

#include "mullion/backend.hpp"
#include "mullion/base/pump.hpp"
#include "process/renderer_process.hpp"

namespace mullion::process {

class EngineProcess final : public backend::ProcessHost {
 public:
  explicit EngineProcess(const Program& program) : program_(program) {}
  Result<backend::RendererHost*> join(UniqueFd socket, Post post) override;
  void leave() override;

 private:
  const Program& program_;
  std::unique_ptr<Loop> loop_;
  std::unique_ptr<Pump> pump_;
  std::unique_ptr<node::ChildNode> child_;
  std::unique_ptr<RendererProcess> renderer_;
};

}  // namespace mullion::process
