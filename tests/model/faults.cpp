// The faults that act on streams.
#include "model/faults.hpp"

#include "model/world.hpp"

namespace mullion::node::core::model {

bool World::says(NodeId from, Up& message) {
  Fault fault = options().fault;
  if (auto* drained = std::get_if<Drained>(&message)) {
    if (fault == Fault::lossless_death) drained->lossy = false;
    if (fault == Fault::drop_drained) return false;
    if (fault == Fault::drained_early && history_->faults.drained.contains({drained->end, drained->epoch}))
      return false;
  }
  if (auto* release = std::get_if<Release>(&message)) {
    if (fault == Fault::drop_outbox) release->out.clear();
    if (fault == Fault::split_mail && !release->in.empty()) {
      Up late = MailIn{release->end, release->epoch, std::exchange(release->in, {})};
      line(from).control_up.push(message);
      line(from).control_up.push(std::move(late));
      return false;
    }
  }
  if (fault == Fault::drop_mail_in) return !std::holds_alternative<MailIn>(message);
  if (fault == Fault::drop_claim) return !std::holds_alternative<Claim>(message);
  if (fault == Fault::drop_link_failed) return !std::holds_alternative<LinkFailed>(message);
  return true;
}

bool World::says(NodeId from, Record& record) {
  Fault fault = options().fault;
  if (record.kind == RecordKind::fin && (fault == Fault::drop_fin || fault == Fault::drop_answer_fin)) {
    bool answer = history_->faults.fins.contains({peer_of(record.end), record.epoch});
    history_.edit().faults.fins.insert({record.end, record.epoch});
    return fault == Fault::drop_answer_fin && !answer;
  }
  if (record.kind == RecordKind::fin && fault == Fault::drained_early && !process(from).ports.holds(record.end)) {
    line(from).control_up.push(Up(Drained{record.end, record.epoch}));
    history_.edit().faults.drained.insert({record.end, record.epoch});
  }
  if (record.kind != RecordKind::data) return true;
  if (fault == Fault::swap_data) {
    Lines& line = this->line(from);
    Stream& stream = options().merged ? line.control_up : line.data_up;
    auto* before = stream.empty() ? nullptr : std::get_if<Record>(&stream.last()->word);
    if (!before || before->kind != RecordKind::data || before->end != record.end) return true;
    Record moved = *before;
    stream.last() = std::make_shared<const Packet>(std::exchange(record, std::move(moved)));
  }
  return fault != Fault::drop_data || record.epoch % 3 != 2;
}

bool World::hears(NodeId from, const Up& message) const {
  bool dead_claim = !process(from).alive && std::holds_alternative<Claim>(message);
  return options().fault != Fault::drop_dead_claim || !dead_claim;
}

bool World::hears(NodeId at, const Down& message) const {
  const Ports& ports = process(at).ports;
  Fault fault = options().fault;
  if (fault == Fault::eager_send) return !std::holds_alternative<ReleaseAck>(message);
  if (fault == Fault::drop_link_over) return !std::holds_alternative<LinkOver>(message);
  if (fault != Fault::ignore_crossing) return true;
  auto opens = [&](const auto& m) {
    if constexpr (requires { m.in; }) return !ports.holds(m.end);
    return false;
  };
  return !std::visit(opens, message);
}

bool World::hears(NodeId at, const Record& record) const {
  bool left = !process(at).ports.holds(peer_of(record.end));
  return options().fault != Fault::no_tombstone || !left;
}

bool World::hangs_up_early(const Stream& stream) const {
  if (options().fault != Fault::early_hang_up) return false;
  for (std::size_t i = 0; i < stream.size(); ++i) {
    if (std::holds_alternative<HangUp>(stream[i]->word)) return true;
  }
  return false;
}

}  // namespace mullion::node::core::model
