#include "node/child_link.hpp"

#include "node/child_state.hpp"

namespace mullion::node {
namespace {

// Whoever has not hung up by then, though the broker called the link over, is waited for no longer.
constexpr std::uint64_t hang_up_grace_ms = 200;

}  // namespace

// Main may lend as much memory as it likes; another child has the quota that a child has at main.
ChildLink::ChildLink(ChildState& node, core::LinkId id, std::unique_ptr<transport::Link> link, bool odd)
    : node_(node), id_(id), link_(std::move(link)) {
  auto ledger = direct() ? std::make_shared<MemoryLedger>(0, Quotas{}.attachments) : nullptr;
  memory_ = std::make_shared<MemoryTable>(odd, std::move(ledger), [this](auto kind, const auto& word) {
    send_memory_word(records_, *link_, kind, word);
  });
}

bool ChildLink::laden_data(EndId end, Epoch epoch, std::span<const Bytes> body, std::span<const Carried> ports,
                           std::span<const Attachment> attachments) {
  return offer_laden(records_, *link_, *memory_, end, epoch, body, ports, attachments);
}

bool ChildLink::data(EndId end, Epoch epoch, std::span<const Bytes> body, std::span<const Carried> ports) {
  return offer_data(records_, *link_, end, epoch, body, ports);
}

void ChildLink::credit(EndId end, Epoch epoch, std::uint64_t bytes, std::uint32_t messages) {
  send_credit(records_, *link_, end, epoch, bytes, messages);
}

void ChildLink::resume() {
  paused_ = false;
  link_->resume();
}

bool ChildLink::on_record(const transport::RecordHeader& header, transport::Bytes payload) {
  return take(header, payload, nullptr);
}

bool ChildLink::on_laden_record(const transport::RecordHeader& header, transport::Bytes payload,
                                std::vector<UniqueFd>& fds) {
  return take(header, payload, &fds);
}

// Once for each record, however often it comes. What the other side may not lend arrives as memory that could not come.
bool ChildLink::unload(const Record& record, std::vector<UniqueFd>* fds) {
  if (unloaded_) return true;
  std::vector<UniqueFd> none;
  auto unloaded = memory_->unload(record.buffers, fds ? *fds : none);
  if (!unloaded) return lie(unloaded.error()), false;
  unloaded_ = std::move(unloaded->attachments);
  return true;
}

bool ChildLink::take(const transport::RecordHeader& header, transport::Bytes payload, std::vector<UniqueFd>* fds) {
  const ChildState::Entered entered(node_);
  auto record = read_record(header, payload);
  if (!record) return lie(record.error()), true;
  if (record->memory) return memory_->heard(record->wire_kind, *record->memory), true;
  if ((fds || !record->buffers.empty()) && !unload(*record, fds)) return true;
  paused_ = true;  // resume() may come from within
  const auto attachments = unloaded_ ? std::span<const Attachment>(*unloaded_) : std::span<const Attachment>();
  const auto arrival = arrive(node_.ports(), id_, *record, attachments);
  if (arrival == core::Arrival::later) return later();
  paused_ = false;
  unloaded_.reset();
  if (arrival == core::Arrival::lie) lie("a record that does not fit the ends here");
  return true;
}

// An epoch that begins with a word of the broker's. After its last word about this link no such word can come.
bool ChildLink::later() {
  if (!over_) return false;
  paused_ = false;
  lie("a record of an epoch that never began");
  return true;
}

void ChildLink::on_control(transport::Bytes message, std::vector<UniqueFd> fds) {
  const ChildState::Entered entered(node_);
  if (direct()) return lie("a control message on a link between children");
  node_.hear(message, std::move(fds));
}

void ChildLink::on_turn_end() {
  const ChildState::Entered entered(node_);
  node_.deliver();
}

void ChildLink::on_writable() {
  const ChildState::Entered entered(node_);
  control_out_.flush(*link_);
  records_.flush(*link_);
  if (!records_.full()) node_.ports().writable(id_);
}

void ChildLink::on_closed(const Error& why) {
  const ChildState::Entered entered(node_);
  grace_ = {};
  control_out_.clear();
  records_.clear();
  node_.link_ended(*this, why);
}

void ChildLink::over() {
  over_ = true;
  if (paused_) return lie("a record of an epoch that never began");
  grace_ = Timer(node_.loop(), hang_up_grace_ms, [this] {
    const ChildState::Entered entered(node_);
    link_->close();
    on_closed({.kind = Kind::disconnected, .code = "closed", .message = "It is over and was not hung up."});
  });
}

}  // namespace mullion::node
