// A process that runs pages: its frames, a backend's renderer half, and the way to main. Private.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "mullion/backend.hpp"
#include "mullion/base/loop.hpp"
#include "mullion/common.hpp"
#include "mullion/node/broker.hpp"
#include "process/boot_port.hpp"
#include "process/frame.hpp"
#include "process/isolation.hpp"

namespace mullion::process {

class RendererProcess final : public backend::RendererHost {
 public:
  RendererProcess(Loop& loop, node::ChildNode& child, const Program& program, Isolating isolating);
  ~RendererProcess();

  void start();
  int code() const { return code_; }
  BootPort& boot() { return boot_; }
  const Program& program() const { return program_; }
  std::uint32_t next_request() { return next_request_++; }
  void add(Frame& frame) { frames_.emplace(frame.id(), &frame); }
  void remove(Frame& frame) { frames_.erase(frame.id()); }

  // ---- backend::RendererHost ----
  Loop& loop() override { return loop_; }
  Result<> post(Value message) override;
  Result<std::unique_ptr<backend::Frame>> create_frame(std::string_view introduction, std::string_view name) override;
  void fetch_app_resource(std::string_view url, AppResourceAnswer answer) override;

 private:
  void receive(Incoming message);
  void begin(const Incoming& message);
  void remember_preload(const Incoming& message);
  void answer_fetch(Incoming message);
  void fail(const std::string& why);

  Loop& loop_;
  const Program& program_;
  Isolating isolating_;
  BootPort boot_;
  std::vector<std::string> arguments_;
  std::unordered_map<std::uint32_t, Frame*> frames_;
  std::unordered_map<std::uint32_t, AppResourceAnswer> fetching_;
  std::unique_ptr<backend::Renderer> renderer_;
  std::uint32_t next_frame_ = 1;
  std::uint32_t next_request_ = 1;
  int code_ = 0;
};

// The role renderer: runs until main is gone or ends this process.
int run_renderer(Loop& loop, node::ChildNode& child, const Program& program, Isolating isolating);

}  // namespace mullion::process
