// A child's node: a link to the broker, which is trusted, and links to other children, which are not.
#pragma once

#include <chrono>
#include <unordered_map>

#include "mullion/node/broker.hpp"
#include "node/child_link.hpp"
#include "node/node_state.hpp"

namespace mullion::node {

class ChildState final : public NodeState {
 public:
  ChildState(Loop& loop, std::unique_ptr<transport::Link> link, const core::PortsOptions& options,
             const transport::LinkOptions& direct_links);

  void start();
  void farewell(std::uint64_t timeout_ns);
  void end() override;
  const transport::Link* link() const { return broker_ ? &broker_->link() : nullptr; }
  std::vector<transport::LinkStats> direct_links() const;

 private:
  friend class ChildLink;

  // The node's own Ports speak.
  void up(core::Up&& message) override;
  bool data(core::LinkId link, EndId end, Epoch epoch, std::span<const Bytes> body,
            std::span<const Carried> ports) override;
  bool laden_data(core::LinkId link, EndId end, Epoch epoch, std::span<const Bytes> body,
                  std::span<const Carried> ports, std::span<const Attachment> attachments) override;
  void fin(core::LinkId link, EndId end, Epoch epoch) override;
  void credit(core::LinkId link, EndId end, Epoch epoch, std::uint64_t bytes, std::uint32_t messages) override;
  void resume(core::LinkId link) override;
  void accuse(core::LinkId link, std::string why) override;
  void over(core::LinkId link) override;
  Result<bool> pump(EndId end, std::uint64_t timeout_ns) override;

  // The broker speaks.
  void hear(transport::Bytes message, std::vector<UniqueFd> fds);
  void meet(const Introduction& introduction, UniqueFd socket);

  ChildLink* find(core::LinkId link) const;
  void lose(core::LinkId link, bool lie, std::string why);
  void link_ended(ChildLink& link, const Error& why);
  void hang_up();
  bool flushed();
  template <class Condition>
  void pump_until(std::chrono::steady_clock::time_point deadline, Condition condition);
  Result<bool> wait_for_two(ChildLink& direct, std::uint64_t timeout_ns);

  std::shared_ptr<ChildLink> broker_;
  std::unordered_map<core::LinkId, std::shared_ptr<ChildLink>> direct_;
  const transport::LinkOptions direct_options_;
  ControlIn control_in_;
  bool said_farewell_ = false;
  bool heard_farewell_ = false;
};

}  // namespace mullion::node
