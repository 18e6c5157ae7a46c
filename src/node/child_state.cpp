#include "node/child_state.hpp"

#include <chrono>

namespace mullion::node {
namespace {

constexpr std::uint64_t farewell_step_ns = 5'000'000;  // control that waits for room leaves between two waits

}  // namespace

ChildState::ChildState(Loop& loop, std::unique_ptr<transport::Link> link, const core::PortsOptions& options)
    : NodeState(loop, options),
      link_(std::move(link)),
      memory_(std::make_shared<MemoryTable>(true, nullptr, [this](wire::RecordKind kind, const wire::MemoryWord& word) {
        if (link_) send_memory_word(records_, *link_, kind, word);
      })) {}

void ChildState::start() {
  adopt(boot_end_of_child(id()));
  link_->start(*this);
}

void ChildState::end() {
  NodeState::end();
  memory_.reset();
  link_.reset();
}

// ---- to the broker

void ChildState::up(core::Up&& message) {
  if (link_) control_out_.send(*link_, Written(message));
}

bool ChildState::data(core::LinkId, EndId end, Epoch epoch, std::span<const Bytes> body,
                      std::span<const Carried> ports) {
  return !link_ || offer_data(records_, *link_, end, epoch, body, ports);
}

bool ChildState::laden_data(core::LinkId, EndId end, Epoch epoch, std::span<const Bytes> body,
                            std::span<const Carried> ports, std::span<const Attachment> attachments) {
  return !link_ || offer_laden(records_, *link_, *memory_, end, epoch, body, ports, attachments);
}

void ChildState::fin(core::LinkId, EndId end, Epoch epoch) {
  if (link_) send_empty(records_, *link_, wire::RecordKind::fin, end, epoch);
}

void ChildState::credit(core::LinkId, EndId end, Epoch epoch, std::uint64_t bytes, std::uint32_t messages) {
  if (link_) send_credit(records_, *link_, end, epoch, bytes, messages);
}

void ChildState::resume(core::LinkId) {
  if (link_) link_->resume();
}

Result<bool> ChildState::pump(std::uint64_t timeout_ns) {
  if (!link_) return std::unexpected(Error{.kind = Kind::disconnected, .code = "closed", .message = "Main is gone."});
  return link_->wait(timeout_ns);
}

// ---- from the broker

bool ChildState::on_record(const transport::RecordHeader& header, transport::Bytes payload) {
  return take_record(header, payload, nullptr);
}

bool ChildState::on_laden_record(const transport::RecordHeader& header, transport::Bytes payload,
                                 std::vector<UniqueFd>& fds) {
  return take_record(header, payload, &fds);
}

// Once for each record, however often it comes.
bool ChildState::unload(const Record& record, std::vector<UniqueFd>* fds) {
  if (unloaded_) return true;
  std::vector<UniqueFd> none;
  auto unloaded = memory_->unload(record.buffers, fds ? *fds : none);
  if (!unloaded) return link_->report_violation(unloaded.error()), false;
  unloaded_ = std::move(unloaded->attachments);
  return true;
}

bool ChildState::take_record(const transport::RecordHeader& header, transport::Bytes payload,
                             std::vector<UniqueFd>* fds) {
  const Entered entered(*this);
  auto record = read_record(header, payload);
  if (!record) return link_->report_violation(record.error()), true;
  if (record->memory) return memory_->heard(record->wire_kind, *record->memory), true;
  if ((fds || !record->buffers.empty()) && !unload(*record, fds)) return true;
  switch (arrive(*record)) {
    case core::Arrival::handled: return unloaded_.reset(), true;
    case core::Arrival::later: return false;
    case core::Arrival::lie: break;
  }
  if (link_) link_->report_violation("a record that does not fit the ends here");
  return true;
}

core::Arrival ChildState::arrive(const Record& record) {
  const auto& view = record.view;
  switch (view.kind) {
    case core::RecordKind::data:
      return ports().on_data(core::broker_link, view.end, view.epoch, record.body, record.ports,
                             unloaded_ ? std::span<const Attachment>(*unloaded_) : std::span<const Attachment>());
    case core::RecordKind::fin: return ports().on_fin(core::broker_link, view.end, view.epoch);
    case core::RecordKind::lost: return ports().on_lost(core::broker_link, view.end, view.epoch);
    case core::RecordKind::credit:
      return ports().on_credit(core::broker_link, view.end, view.epoch, view.bytes, view.messages);
  }
  return core::Arrival::lie;
}

void ChildState::on_control(transport::Bytes message, std::vector<UniqueFd> fds) {
  const Entered entered(*this);
  auto word = control_in_.read(message, std::move(fds));
  if (!word) return link_->report_violation(word.error());
  if (!word->control) return;
  if (word->control->message_as_Goodbye()) {
    heard_farewell_ = true;
    return;
  }
  auto down = read_down(*word->control, {word->bytes, word->fds});
  if (!down) return link_->report_violation(down.error());
  ports().on_down(std::move(*down));
}

void ChildState::on_writable() {
  control_out_.flush(*link_);
  records_.flush(*link_);
  if (!records_.full()) ports().writable(core::broker_link);
}

void ChildState::on_closed(const Error& why) {
  const Entered entered(*this);
  control_out_.clear();
  records_.clear();
  disconnect(why.code == "protocol" ? CloseReason::protocol : CloseReason::peer_exited, why);
}

// ---- the end

// Everything that was posted is in the broker's hands when it answers: what waits for credit leaves as its end's Close.
void ChildState::farewell(std::uint64_t timeout_ns) {
  if (!link_ || !open() || std::exchange(said_farewell_, true)) return;
  for (EndId end : ports().ends()) close(end);
  control_out_.send(*link_, Written(Written::Farewell{}));
  records_.send(*link_, header_of(wire::RecordKind::goodbye, 0, 0), {});
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::nanoseconds(timeout_ns);
  while (link_ && !heard_farewell_ && std::chrono::steady_clock::now() < deadline)
    if (!link_->wait(farewell_step_ns)) return;
}

}  // namespace mullion::node
