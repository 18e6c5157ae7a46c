// A child as the broker sees it: its link, its process, and the end of both.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "mullion/node/broker.hpp"
#include "node/broker_state.hpp"

namespace mullion::node {

class BrokerChild final : public transport::LinkHandler, public std::enable_shared_from_this<BrokerChild> {
 public:
  BrokerChild(BrokerState& broker, ChildId id, std::unique_ptr<transport::Link> link, transport::LinkOptions options,
              std::string name, ChildEvents events);

  ChildId id() const { return id_; }
  const std::string& name() const { return name_; }
  bool started_by_us() const { return process_ && process_->started_by() == StartedBy::us; }
  pid_t pid() const { return process_ ? process_->pid() : 0; }
  const transport::Link* link() const { return link_.get(); }
  const transport::LinkOptions& options() const { return options_; }
  Result<> watch(Spawned spawned, StartedBy by);
  void start() { link_->start(*this); }

  void send_data(EndId end, Epoch epoch, std::span<const Bytes> body, std::span<const Carried> ports);
  void send_laden(EndId end, Epoch epoch, std::span<const Bytes> body, std::span<const Carried> ports,
                  std::span<const Attachment> attachments, Payer payer = {});
  void send_empty(wire::RecordKind kind, EndId end, Epoch epoch);
  void send_credit(EndId end, Epoch epoch, std::uint64_t bytes, std::uint32_t messages);
  void relay(const transport::RecordHeader& header, transport::Bytes payload, Payer payer);
  void send_word(const core::Down& word);
  MemoryTable& memory() { return *memory_; }
  void introduce(const Introduction& word, UniqueFd socket);
  bool full() const { return records_.full(); }
  void heard_goodbye(bool record);

  void accuse(const std::string& why);  // poisons the link
  void hang_up();
  Result<> kill(int signal);
  void end();  // of the broker: nothing is told any more

  UniqueFd input, output, error;

 private:
  bool on_record(const transport::RecordHeader& header, transport::Bytes payload) override;
  bool on_laden_record(const transport::RecordHeader& header, transport::Bytes payload,
                       std::vector<UniqueFd>& fds) override;
  void on_control(transport::Bytes message, std::vector<UniqueFd> fds) override;
  void on_turn_end() override;
  void on_writable() override;
  void on_closed(const Error& why) override;

  void note_waiting();
  void discharge(const Payer& payer);
  void no_longer_full();
  void link_over(const Error& why);
  void exited(ExitStatus status);
  void tell_link_failed();
  void finish();
  void tell_exited();

  BrokerState& broker_;
  const ChildId id_;
  const transport::LinkOptions options_;
  const std::string name_;
  ChildEvents events_;
  std::unique_ptr<transport::Link> link_;
  FirstProcess first_;
  std::unique_ptr<ChildProcess> process_;
  RecordsOut records_;
  std::shared_ptr<MemoryTable> memory_;
  ControlOut control_out_;
  ControlIn control_in_;
  std::optional<Error> why_over_;         // the link's end
  std::optional<ExitStatus> exit_status_;  // the process's
  bool counted_full_ = false;
  bool goodbye_record_ = false, goodbye_word_ = false;
  bool finishing_ = false;
  Timer grace_;
};

}  // namespace mullion::node
