// One of a child's links, to the broker or to another child: the records that go over it.
#pragma once

#include <memory>
#include <optional>

#include "mullion/base/loop.hpp"
#include "node/core/ports.hpp"
#include "node/node_link.hpp"

namespace mullion::node {

class ChildState;

// Whoever lets go of one while a function of it is under way (ChildState::entered) keeps it until the turn ends.
class ChildLink final : public transport::LinkHandler, public std::enable_shared_from_this<ChildLink> {
 public:
  // `odd`: of the two sides this is the one that gives odd numbers to memory.
  ChildLink(ChildState& node, core::LinkId id, std::unique_ptr<transport::Link> link, bool odd);

  core::LinkId id() const { return id_; }
  transport::Link& link() const { return *link_; }
  bool direct() const { return core::is_direct(id_); }
  void start() { link_->start(*this); }

  bool data(EndId end, Epoch epoch, std::span<const Bytes> body, std::span<const Carried> ports);
  bool laden_data(EndId end, Epoch epoch, std::span<const Bytes> body, std::span<const Carried> ports,
                  std::span<const Attachment> attachments);
  void fin(EndId end, Epoch epoch) { send_empty(records_, *link_, wire::RecordKind::fin, end, epoch); }
  void credit(EndId end, Epoch epoch, std::uint64_t bytes, std::uint32_t messages);
  void goodbye() { send_empty(records_, *link_, wire::RecordKind::goodbye, 0, 0); }
  bool idle() const { return !records_.full() && link_->flushed(); }

  // Control words; only the broker's link has them.
  void say(Written&& word) { control_out_.send(*link_, std::move(word)); }

  void resume();
  void lie(std::string why) { link_->report_violation(std::move(why)); }
  // The broker called it over: what it holds is read, and nothing is waited for.
  void over();

 private:
  bool on_record(const transport::RecordHeader& header, transport::Bytes payload) override;
  void on_control(transport::Bytes message, std::vector<UniqueFd> fds) override;
  void on_turn_end() override;
  void on_writable() override;
  void on_closed(const Error& why) override;
  bool on_laden_record(const transport::RecordHeader& header, transport::Bytes payload,
                       std::vector<UniqueFd>& fds) override;
  bool take(const transport::RecordHeader& header, transport::Bytes payload, std::vector<UniqueFd>* fds);
  bool unload(const Record& record, std::vector<UniqueFd>* fds);
  bool later();

  ChildState& node_;
  const core::LinkId id_;
  std::unique_ptr<transport::Link> link_;
  RecordsOut records_;
  ControlOut control_out_;
  std::shared_ptr<MemoryTable> memory_;
  std::optional<std::vector<Attachment>> unloaded_;  // of the record that is answered `later`
  bool paused_ = false;
  bool over_ = false;
  Timer grace_;
};

}  // namespace mullion::node
