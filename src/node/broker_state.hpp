// Main's node: its own ends, the directory of everybody's, and one link a child.
#pragma once

#include <deque>
#include <string>
#include <unordered_map>
#include <variant>

#include "mullion/node/broker.hpp"
#include "node/core/directory.hpp"
#include "node/node_link.hpp"
#include "node/node_state.hpp"
#include "node/spawn.hpp"

namespace mullion::node {

class BrokerChild;

class BrokerState final : public NodeState, private core::Directory::Sink {
 public:
  BrokerState(Loop& loop, UniqueFd own_pidfd, const Quotas& quotas);
  ~BrokerState() override;

  Result<ChildId> spawn(ChildOptions options, ChildEvents events);
  Result<ChildId> adopt(std::unique_ptr<transport::Link> link, std::string name, ChildEvents events);
  Result<ChildId> adopt(UniqueFd socket, AdoptOptions options, ChildEvents events);
  void on_quarrel(std::move_only_function<void(const Quarrel&)> f) { quarrelled_ = std::move(f); }
  BrokerChild* child(ChildId id) const;
  void end() override;

 private:
  friend class BrokerChild;
  struct Lost {
    EndId end = 0;
    Epoch epoch = 0;
  };

  // The node's own Ports speak.
  void up(core::Up&& message) override { ups_.push_back(std::move(message)); }
  bool data(core::LinkId link, EndId end, Epoch epoch, std::span<const Bytes> body,
            std::span<const Carried> ports) override;
  bool laden_data(core::LinkId link, EndId end, Epoch epoch, std::span<const Bytes> body,
                  std::span<const Carried> ports, std::span<const Attachment> attachments) override;
  void fin(core::LinkId link, EndId end, Epoch epoch) override;
  void credit(core::LinkId link, EndId end, Epoch epoch, std::uint64_t bytes, std::uint32_t messages) override;
  void resume(core::LinkId) override {}  // the directory's Opens are handled before the next record is read
  void accuse(core::LinkId, std::string) override {}  // main has no link that is not the broker's
  void over(core::LinkId) override {}
  bool charge(NodeId payer, std::uint64_t bytes) override { return directory_.charge(payer, bytes); }
  void discharge(NodeId payer, std::uint64_t bytes) override { directory_.discharge(payer, bytes); }
  void settle() override;
  Result<bool> pump(EndId end, std::uint64_t timeout_ns) override;

  // The directory speaks.
  void down(NodeId to, core::Down&& message) override;
  void lost(NodeId to, EndId end, Epoch epoch) override;
  bool introduce(NodeId a, NodeId b, core::LinkId link) override;
  void quarrel(NodeId from, NodeId other, const core::LinkFailed& failed) override;

  // What children send.
  void take_record(BrokerChild& from, const transport::RecordHeader& header, transport::Bytes payload,
                   std::vector<UniqueFd>* fds);
  void pass(BrokerChild& from, const transport::RecordHeader& header, transport::Bytes payload, const Record& record);
  void pass_laden(BrokerChild& from, const Record& record, std::vector<UniqueFd>* fds);
  void arrive(BrokerChild& from, const Record& record, std::span<const Attachment> attachments = {});
  std::optional<Payer> admit(const BrokerChild& from, const BrokerChild& receiver, const Record& record);
  void take_word(BrokerChild& from, core::Up&& word);
  void accuse(const core::Violation& violation);

  BrokerChild* route_own(const core::RecordView& record);
  bool full(NodeId receiver) const;
  std::string name_of(ChildId id) const;
  void forget(ChildId id);  // it has ended
  void link_emptied();
  void link_over(BrokerChild& child, CloseReason reason);
  Result<ChildId> next_id();
  void add(std::shared_ptr<BrokerChild> child);
  std::vector<std::string> command_line(const ChildOptions& options, ChildId id) const;

  UniqueFd own_pidfd_;
  const DescriptorShares descriptors_ = share_descriptors();
  Quotas quotas_;
  core::Directory directory_;
  std::deque<core::Up> ups_;
  std::deque<std::variant<core::Down, Lost>> downs_;
  bool settling_ = false;
  ChildId last_id_ = broker_node;
  int full_links_ = 0;
  std::move_only_function<void(const Quarrel&)> quarrelled_;
  std::unordered_map<ChildId, std::shared_ptr<BrokerChild>> children_;
  std::deque<std::pair<ChildId, std::string>> late_;  // who ended last, for those who still speak of them
  std::vector<std::shared_ptr<BrokerChild>> ended_children_;  // one of their functions may be under way
};

}  // namespace mullion::node
