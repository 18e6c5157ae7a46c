// The role renderer: one backend's renderer half, its documents one after the other, and the way to main.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "mullion/backend.hpp"
#include "mullion/base/loop.hpp"
#include "mullion/common.hpp"
#include "mullion/node/broker.hpp"
#include "process/boot_port.hpp"
#include "process/world.hpp"

namespace mullion::process {

class RendererProcess final : public backend::RendererHost {
 public:
  RendererProcess(Loop& loop, node::ChildNode& child, const Program& program);
  ~RendererProcess();

  void start();
  int code() const { return code_; }
  BootPort& boot() { return boot_; }
  const std::shared_ptr<node::Node>& node() const { return boot_.node(); }
  const Program& program() const { return program_; }
  const std::vector<std::string>& arguments() const { return arguments_; }
  std::uint32_t next_request() { return next_request_++; }
  // Waits for main's answer; the other messages are received afterwards.
  Result<Incoming> call_sync(Outgoing message, std::uint64_t timeout_ms);
  void preload_failed(std::string_view name, const Error& error);

  // ---- backend::RendererHost ----
  Loop& loop() override { return loop_; }
  Result<> post(Value message) override;
  Result<> context_created(backend::World world, script::Context& context, std::string_view url) override;
  void contexts_released() override;
  Result<renderer::Page*> page_created(std::string_view url) override;
  void page_released() override { contexts_released(); }
  void fetch_app_resource(std::string_view url, AppResourceAnswer answer) override;

 private:
  void receive(Incoming message);
  void begin(const Incoming& message);
  void remember_preload(const Incoming& message);
  void execute(const Incoming& message);
  void answer(Incoming message);
  void fail(const std::string& why);
  void run_preload();
  Result<> run_preload_of(preload::detail::World& world);

  Loop& loop_;
  const Program& program_;
  BootPort boot_;
  std::vector<std::string> arguments_;
  std::unique_ptr<backend::Renderer> renderer_;
  std::unique_ptr<preload::detail::World> world_;
  std::string preload_name_;
  std::optional<std::string> preload_source_;
  std::string preload_error_;
  std::vector<Incoming> early_;  // to a frame whose first document is not there yet
  std::unordered_map<std::uint32_t, AppResourceAnswer> fetching_;
  std::uint32_t next_request_ = 1;
  int code_ = 0;
};

// Runs until main is gone or ends this process.
int run_renderer(Loop& loop, node::ChildNode& child, const Program& program);

}  // namespace mullion::process
