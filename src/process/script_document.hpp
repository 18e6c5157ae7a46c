// A document whose scripts an engine runs: a kernel in each of its two worlds, its ports, and what native code exposed
// to it. Private.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "mullion/backend.hpp"
#include "mullion/node/node.hpp"
#include "process/world.hpp"
#include "script/kernel.hpp"

namespace mullion::process {

class ScriptDocument;
class ScriptWorld;

// A port that a page or its preload holds.
class ScriptPort final : public node::EndObserver {
 public:
  ScriptPort(ScriptDocument& document, ScriptWorld& owner, script::PortId id, node::EndId end)
      : document_(document), owner_(&owner), id_(id), end_(end) {}
  ~ScriptPort();
  ScriptPort(const ScriptPort&) = delete;
  ScriptPort& operator=(const ScriptPort&) = delete;

  void start();
  void stop();  // until start(): nothing is delivered
  void move_to(ScriptWorld& owner) { owner_ = &owner; }
  node::EndId end() const { return end_; }
  node::EndId release();  // gives the end up without closing it

 private:
  void on_parcel_ready() override;
  void on_closed(node::CloseReason reason) override;
  void deliver(node::Bytes body, std::span<const node::EndId> ends, std::span<node::Attachment> attachments);

  ScriptDocument& document_;
  ScriptWorld* owner_;
  script::PortId id_;
  node::EndId end_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

// One world: what its kernel asks of native code.
class ScriptWorld final : public script::KernelHost {
 public:
  ScriptWorld(ScriptDocument& document, script::WorldId id) : document_(document), id_(id) {}
  ~ScriptWorld();
  Result<> boot(script::Context& context);
  script::Kernel* kernel() const { return kernel_.get(); }

 private:
  void later() override;
  void report(const script::Exception& exception) override;
  Result<script::PortId> create_channel() override;
  Result<> port_post(script::PortId port, script::Bytes message, std::span<const script::PortId> ports) override;
  void port_start(script::PortId port) override;
  void port_stop(script::PortId port) override;
  void port_close(script::PortId port) override;
  Result<> ipc_send(std::string_view channel, script::Bytes arguments) override;
  Result<> ipc_post_message(std::string_view channel, script::Bytes arguments,
                            std::span<const script::PortId> ports) override;
  Result<script::Buffer> ipc_send_sync(std::string_view channel, script::Bytes arguments) override;
  Result<> ipc_invoke(std::uint64_t request, std::string_view channel, script::Bytes arguments) override;
  Result<> window_post(script::Bytes message, std::string_view origin, std::span<const script::PortId> ports) override;
  Result<script::Outcome> bridge_call(script::FunctionId function, script::Bytes arguments) override;
  void bridge_release(script::FunctionId, std::uint64_t) override {}  // they live as long as the document
  Result<script::Outcome> bridge_execute(script::WorldId to, std::string_view source, script::Bytes arguments) override;
  void executed(std::uint64_t request, bool ok, script::Bytes value) override;

  ScriptDocument& document_;
  script::WorldId id_;
  std::unique_ptr<script::Kernel> kernel_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

class ScriptDocument {
 public:
  explicit ScriptDocument(preload::detail::World& world);
  ~ScriptDocument();

  Result<> boot(backend::World which, script::Context& context);
  Result<> run_preload(std::string_view source, std::string_view name);
  void message(const Incoming& message, std::vector<MessagePort>&& ports);
  Result<> expose(preload::detail::Exposed& exposed);
  Result<> post_to_window(const Value& message, std::vector<MessagePort>&& ports);
  void execute(std::uint32_t request, std::string_view code);

 private:
  friend class ScriptPort;
  friend class ScriptWorld;
  using Member = preload::Api::Member;

  const std::shared_ptr<node::Node>& node() const;
  ScriptWorld* other(script::WorldId id);  // a world that has a kernel, or null
  script::PortId add_port(ScriptWorld& owner, node::EndId end);
  std::vector<script::PortId> add_ports(ScriptWorld& owner, std::span<const node::EndId> ends);
  Result<std::vector<node::EndId>> ends(std::span<const script::PortId> ports) const;
  void forget(std::span<const script::PortId> ports);  // they were sent
  void deliver_window_message(script::Bytes message, std::string_view origin, std::span<const script::PortId> ports);
  Result<script::Outcome> call_native(ScriptWorld& from, script::FunctionId function, script::Bytes arguments);
  script::Outcome call_later(ScriptWorld& from, Member& member, std::vector<Value> arguments);

  preload::detail::World& world_;
  std::unordered_map<script::PortId, std::unique_ptr<ScriptPort>> ports_;
  std::unordered_map<script::FunctionId, Member*> functions_;
  void executed(std::uint32_t request, bool ok, script::Bytes value);
  std::unordered_set<std::uint32_t> executing_;  // what main waits for
  bool worlds_share_document_ = false;
  script::PortId next_port_ = 1;
  script::FunctionId next_function_ = 1;
  ScriptWorld main_;
  ScriptWorld isolated_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace mullion::process
