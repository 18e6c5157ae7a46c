#include "node/broker_child.hpp"

#include "mullion/base/log.hpp"
#include "transport/discard.hpp"

namespace mullion::node {
namespace {

// A process that hangs up is about to end, and its end says more than the hang-up does.
constexpr std::uint64_t exit_grace_ms = 1000;
// The other way round: whoever still holds the socket of a process that has ended is nobody we know.
constexpr std::uint64_t hang_up_grace_ms = 200;

bool is_lie(const Error& why) { return why.code == "protocol"; }

Error destroyed() { return {.kind = Kind::disconnected, .code = "destroyed", .message = "The process has ended."}; }

}  // namespace

BrokerChild::BrokerChild(BrokerState& broker, ChildId id, std::unique_ptr<transport::Link> link,
                         transport::LinkOptions options, std::string name, ChildEvents events)
    : broker_(broker),
      id_(id),
      options_(std::move(options)),
      name_(std::move(name)),
      events_(std::move(events)),
      link_(std::move(link)) {
  auto ledger = std::make_shared<MemoryLedger>(0, broker.quotas_.attachments);
  memory_ = std::make_shared<MemoryTable>(false, std::move(ledger), [this](auto kind, const auto& word) {
    if (why_over_ || !link_) return;
    send_memory_word(records_, *link_, kind, word);
    note_waiting();
  });
  records_.on_discharge([this](const Payer& payer) { discharge(payer); });
}

Result<> BrokerChild::watch(Spawned spawned, StartedBy by) {
  auto process = ChildProcess::watch(broker_.loop(), spawned.pid, std::move(spawned.pidfd), by,
                                     [this](ExitStatus status) { exited(status); });
  if (!process) return std::unexpected(process.error());
  process_ = std::move(*process);
  first_ = std::move(spawned.first);
  input = std::move(spawned.input);
  output = std::move(spawned.output);
  error = std::move(spawned.error);
  return {};
}

// ---- to the child

void BrokerChild::send_data(EndId end, Epoch epoch, std::span<const Bytes> body, std::span<const Carried> ports) {
  if (why_over_ || !link_) return;
  node::send_data(records_, *link_, end, epoch, body, ports);
  note_waiting();
}

void BrokerChild::send_laden(EndId end, Epoch epoch, std::span<const Bytes> body, std::span<const Carried> ports,
                             std::span<const Attachment> attachments, Payer payer) {
  if (why_over_ || !link_) return discharge(payer);
  node::send_laden(records_, *link_, *memory_, end, epoch, body, ports, attachments, payer);
  note_waiting();
}

void BrokerChild::send_empty(wire::RecordKind kind, EndId end, Epoch epoch) {
  if (why_over_ || !link_) return;
  node::send_empty(records_, *link_, kind, end, epoch);
  note_waiting();
}

void BrokerChild::send_credit(EndId end, Epoch epoch, std::uint64_t bytes, std::uint32_t messages) {
  if (why_over_ || !link_) return;
  node::send_credit(records_, *link_, end, epoch, bytes, messages);
  note_waiting();
}

void BrokerChild::relay(const transport::RecordHeader& header, transport::Bytes payload, Payer payer) {
  if (why_over_ || !link_) return discharge(payer);
  records_.send(*link_, header, std::span(&payload, 1), {}, payer);
  note_waiting();
}

void BrokerChild::send_word(const core::Down& word) {
  if (why_over_ || !link_) return;
  control_out_.send(*link_, Written(word));
  if (control_out_.beyond_reason()) accuse("it does not read its control messages");
}

void BrokerChild::introduce(const Introduction& word, UniqueFd socket) {
  if (why_over_ || !link_) return;
  control_out_.send(*link_, Written(word, std::move(socket)));
}

void BrokerChild::note_waiting() {
  if (!records_.full()) return;
  if (!std::exchange(counted_full_, true)) ++broker_.full_links_;
  if (records_.beyond_reason()) accuse("it does not read its records");
}

void BrokerChild::discharge(const Payer& payer) {
  if (payer.node != 0) broker_.directory_.discharge(payer.node, payer.bytes);
}

void BrokerChild::no_longer_full() {
  if (!std::exchange(counted_full_, false)) return;
  --broker_.full_links_;
  broker_.link_emptied();
}

void BrokerChild::on_writable() {
  const BrokerState::Entered entered(broker_);
  control_out_.flush(*link_);
  records_.flush(*link_);
  if (!records_.full()) no_longer_full();
}

// ---- from the child

bool BrokerChild::on_record(const transport::RecordHeader& header, transport::Bytes payload) {
  const BrokerState::Entered entered(broker_);
  broker_.take_record(*this, header, payload, nullptr);
  return true;
}

bool BrokerChild::on_laden_record(const transport::RecordHeader& header, transport::Bytes payload,
                                  std::vector<UniqueFd>& fds) {
  const BrokerState::Entered entered(broker_);
  broker_.take_record(*this, header, payload, &fds);
  return true;
}

void BrokerChild::on_control(transport::Bytes message, std::vector<UniqueFd> fds) {
  const BrokerState::Entered entered(broker_);
  auto word = control_in_.read(message, std::move(fds));
  if (!word) return accuse(word.error());
  if (!word->control) return;
  if (word->control->message_as_Goodbye() && word->fds.empty()) return heard_goodbye(false);
  auto up = read_up(*word->control, {word->bytes, word->fds, memory_->ledger()});
  transport::discard(std::move(word->fds));
  if (!up) return accuse(up.error());
  broker_.take_word(*this, std::move(*up));
}

void BrokerChild::on_turn_end() {
  const BrokerState::Entered entered(broker_);
  broker_.deliver();
}

void BrokerChild::heard_goodbye(bool record) {
  (record ? goodbye_record_ : goodbye_word_) = true;
  if (goodbye_record_ && goodbye_word_ && link_) control_out_.send(*link_, Written(Written::Farewell{}));
}

// ---- the end

void BrokerChild::accuse(const std::string& why) {
  if (why_over_ || !link_ || !link_->open()) return;
  link_->report_violation(why);
}

void BrokerChild::on_closed(const Error& why) {
  const BrokerState::Entered entered(broker_);
  link_over(why);
}

void BrokerChild::hang_up() {
  if (why_over_ || !link_) return;
  link_->close();
  broker_.loop().defer([self = weak_from_this()] {
    const auto child = self.lock();
    if (child && !child->broker_.ended()) child->link_over({.kind = Kind::disconnected, .code = "closed", .message = "Main hung up."});
  });
}

void BrokerChild::link_over(const Error& why) {
  if (why_over_) return;
  why_over_ = why;
  if (is_lie(why)) log(Level::warning, "child " + name_ + " was cut off: " + why.message);
  records_.clear();
  control_out_.clear();
  no_longer_full();
  broker_.link_over(*this, is_lie(why) ? CloseReason::protocol : CloseReason::peer_exited);
  if (exit_status_ || !process_) return finish();
  if (is_lie(why)) return tell_link_failed();
  grace_ = Timer(broker_.loop(), exit_grace_ms, [this] { tell_link_failed(); });
}

void BrokerChild::tell_link_failed() {
  auto failed = std::move(events_.link_failed);
  Error why = *why_over_;
  why.message = name_ + " (process " + std::to_string(pid()) + "): " + why.message;
  if (failed) broker_.loop().defer([self = shared_from_this(), failed = std::move(failed), why = std::move(why)]() mutable {
    if (!self->broker_.ended()) failed(why);
  });
}

void BrokerChild::exited(ExitStatus status) {
  exit_status_ = status;
  if (why_over_) return finish();
  grace_ = Timer(broker_.loop(), hang_up_grace_ms, [this] { hang_up(); });
}

// Told in a later turn of its own: after what the link's end means was delivered.
void BrokerChild::finish() {
  grace_ = {};
  if (std::exchange(finishing_, true)) return;
  broker_.loop().defer([weak = weak_from_this()] {
    const auto self = weak.lock();
    if (!self || self->broker_.ended()) return;
    self->tell_exited();
  });
}

void BrokerChild::tell_exited() {
  const auto broker = broker_.shared_from_this();
  broker_.deliver();
  if (broker_.ended()) return;
  broker_.forget(id_);
  auto exited = std::move(events_.exited);
  if (exited) exited(exit_status_.value_or(ExitStatus{.known = false}));
}

Result<> BrokerChild::kill(int signal) {
  if (!process_ || exit_status_) return std::unexpected(destroyed());
  return process_->kill(signal);
}

void BrokerChild::end() {
  grace_ = {};
  memory_.reset();
  link_.reset();
  process_.reset();
  first_ = {};
}

}  // namespace mullion::node
