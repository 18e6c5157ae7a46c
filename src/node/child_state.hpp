// A child's node: one link, to the broker, which is trusted.
#pragma once

#include <optional>

#include "mullion/node/broker.hpp"
#include "node/node_link.hpp"
#include "node/node_state.hpp"

namespace mullion::node {

class ChildState final : public NodeState, private transport::LinkHandler {
 public:
  ChildState(Loop& loop, std::unique_ptr<transport::Link> link, const core::PortsOptions& options);

  void start();
  void farewell(std::uint64_t timeout_ns);
  void end() override;
  const transport::Link* link() const { return link_.get(); }

 private:
  // To the broker.
  void up(core::Up&& message) override;
  bool data(core::LinkId link, EndId end, Epoch epoch, std::span<const Bytes> body,
            std::span<const Carried> ports) override;
  bool laden_data(core::LinkId link, EndId end, Epoch epoch, std::span<const Bytes> body,
                  std::span<const Carried> ports, std::span<const Attachment> attachments) override;
  void fin(core::LinkId link, EndId end, Epoch epoch) override;
  void credit(core::LinkId link, EndId end, Epoch epoch, std::uint64_t bytes, std::uint32_t messages) override;
  void resume(core::LinkId link) override;
  void accuse(core::LinkId, std::string) override {}
  void over(core::LinkId) override {}
  Result<bool> pump(std::uint64_t timeout_ns) override;

  // From the broker.
  bool on_record(const transport::RecordHeader& header, transport::Bytes payload) override;
  bool on_laden_record(const transport::RecordHeader& header, transport::Bytes payload,
                       std::vector<UniqueFd>& fds) override;
  void on_control(transport::Bytes message, std::vector<UniqueFd> fds) override;
  void on_turn_end() override { deliver(); }
  void on_writable() override;
  void on_closed(const Error& why) override;
  bool take_record(const transport::RecordHeader& header, transport::Bytes payload, std::vector<UniqueFd>* fds);
  bool unload(const Record& record, std::vector<UniqueFd>* fds);
  core::Arrival arrive(const Record& record);

  std::unique_ptr<transport::Link> link_;
  RecordsOut records_;
  std::shared_ptr<MemoryTable> memory_;
  std::optional<std::vector<Attachment>> unloaded_;  // of the record that is answered `later`
  ControlOut control_out_;
  ControlIn control_in_;
  bool said_farewell_ = false;
  bool heard_farewell_ = false;
};

}  // namespace mullion::node
