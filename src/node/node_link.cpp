#include "node/node_link.hpp"

#include <algorithm>
#include <iterator>

#include "transport/discard.hpp"

namespace mullion::node {
namespace {

constexpr std::size_t piece_bytes = transport::max_control_bytes - 1024;

bool refused(const Result<>& sent) { return !sent && sent.error().kind == Kind::overloaded; }

// A peer that agreed to shorter records than nodes send is no node of ours.
void judge(transport::Link& link, const Result<>& sent) {
  if (!sent && sent.error().kind == Kind::invalid) link.report_violation("it does not take records of the common length");
}

std::vector<std::byte> joined(std::span<const Bytes> parts) {
  std::vector<std::byte> bytes;
  for (Bytes part : parts) bytes.insert(bytes.end(), part.begin(), part.end());
  return bytes;
}

}  // namespace

// ---- ControlOut

void ControlOut::send(transport::Link& link, Written&& written) {
  Bytes rest = written.bytes();
  auto fds = written.fds();
  const bool whole = rest.size() <= transport::max_control_bytes && fds.size() <= transport::max_control_fds;
  if (whole) return send_whole(link, rest, fds);
  // As many pieces as its bytes need, or its descriptors.
  const std::size_t loads = (fds.size() + transport::max_control_fds - 1) / transport::max_control_fds;
  const std::size_t longest = std::min(piece_bytes, std::max<std::size_t>(1, rest.size() / std::max<std::size_t>(1, loads)));
  while (!rest.empty()) {
    const Bytes piece = rest.first(std::min(rest.size(), longest));
    rest = rest.subspan(piece.size());
    const auto now = fds.first(std::min(fds.size(), transport::max_control_fds));
    fds = fds.subspan(now.size());
    send_whole(link, Written(piece, rest.empty()).bytes(), now);
  }
}

void ControlOut::send_whole(transport::Link& link, Bytes message, std::span<UniqueFd> fds) {
  if (waiting_.empty() && !refused(link.send_control(message, fds))) return;
  Message& last = waiting_.emplace_back();
  last.bytes.assign(message.begin(), message.end());
  last.fds.assign(std::move_iterator(fds.begin()), std::move_iterator(fds.end()));
  waiting_bytes_ += message.size();
}

void ControlOut::flush(transport::Link& link) {
  while (!waiting_.empty() && !refused(link.send_control(waiting_.front().bytes, waiting_.front().fds))) {
    waiting_bytes_ -= waiting_.front().bytes.size();
    waiting_.pop_front();
  }
}

// ---- ControlIn

std::expected<ControlIn::Word, Lie> ControlIn::read(Bytes message, std::vector<UniqueFd> fds) {
  fds_.insert(fds_.end(), std::move_iterator(fds.begin()), std::move_iterator(fds.end()));
  auto word = fds_.size() > most_mail_fds ? std::unexpected("a control message brings more descriptors than one may")
                                          : read_one(message);
  if (!word) transport::discard(std::exchange(fds_, {}));
  return word;
}

std::expected<ControlIn::Word, Lie> ControlIn::read_one(Bytes message) {
  whole_.clear();
  auto control = reader_.read(message);
  if (!control) return std::unexpected(std::move(control).error());
  if (const auto* piece = (*control)->message_as_Piece()) return add(*piece);
  if (!pieces_.empty()) return std::unexpected("a control message stands between the pieces of another");
  return Word{*control, message.size(), std::exchange(fds_, {})};
}

std::expected<ControlIn::Word, Lie> ControlIn::add(const wire::Piece& piece) {
  const std::size_t size = piece.bytes() ? piece.bytes()->size() : 0;
  if (size == 0) return std::unexpected("a piece of a control message is empty");
  if (pieces_.size() + size > max_assembled_bytes) return std::unexpected("a control message is longer than one may be");
  const auto* bytes = reinterpret_cast<const std::byte*>(piece.bytes()->data());
  pieces_.insert(pieces_.end(), bytes, bytes + size);
  if (!piece.last()) return Word{};
  whole_ = std::exchange(pieces_, {});
  auto control = reader_.read(whole_);
  if (!control) return std::unexpected(std::move(control).error());
  if ((*control)->message_as_Piece()) return std::unexpected("a piece of a control message is made of pieces");
  return Word{*control, whole_.size(), std::exchange(fds_, {})};
}

// ---- RecordsOut

bool RecordsOut::offer(transport::Link& link, const transport::RecordHeader& header, std::span<const Bytes> parts,
                       std::span<UniqueFd> fds) {
  if (full()) return false;
  auto sent = link.send(header, parts, fds);
  judge(link, sent);
  return !refused(sent);
}

void RecordsOut::send(transport::Link& link, const transport::RecordHeader& header, std::span<const Bytes> parts,
                      std::span<UniqueFd> fds, Payer payer) {
  if (offer(link, header, parts, fds)) return;
  Record& last = waiting_.emplace_back(header, joined(parts));
  last.fds.assign(std::move_iterator(fds.begin()), std::move_iterator(fds.end()));
  last.payer = payer;
  if (payer.node == 0) ++unpaid_;
}

void RecordsOut::pop() {
  const Payer payer = waiting_.front().payer;
  waiting_.pop_front();
  if (payer.node == 0) --unpaid_;
  if (payer.node != 0 && discharge_) discharge_(payer);
}

void RecordsOut::clear() {
  while (!waiting_.empty()) pop();
}

void RecordsOut::flush(transport::Link& link) {
  for (; !waiting_.empty(); pop()) {
    const Bytes parts[] = {waiting_.front().payload};
    auto sent = link.send(waiting_.front().header, parts, waiting_.front().fds);
    if (refused(sent)) return;
    judge(link, sent);
  }
}

core::Arrival arrive(core::Ports& ports, core::LinkId link, const Record& record,
                     std::span<const Attachment> attachments, NodeId payer) {
  const auto& view = record.view;
  switch (view.kind) {
    case core::RecordKind::data:
      return ports.on_data(link, view.end, view.epoch, record.body, record.ports, attachments, payer);
    case core::RecordKind::fin:
      return ports.on_fin(link, view.end, view.epoch);
    case core::RecordKind::lost:
      return core::is_direct(link) ? core::Arrival::lie : ports.on_lost(link, view.end, view.epoch);
    case core::RecordKind::credit:
      return ports.on_credit(link, view.end, view.epoch, view.bytes, view.messages);
  }
  return core::Arrival::lie;
}

namespace {

// Calls f with the record's parts: the table of ports, which most messages do not have, then the body's.
template <class F>
auto with_parts(std::span<const Bytes> body, std::span<const Carried> ports, F f) {
  if (ports.empty()) return f(body);
  const auto table = written_ports(ports);
  std::vector<Bytes> parts = {std::as_bytes(std::span(table))};
  parts.insert(parts.end(), body.begin(), body.end());
  return f(std::span<const Bytes>(parts));
}

}  // namespace

bool offer_data(RecordsOut& out, transport::Link& link, EndId end, Epoch epoch, std::span<const Bytes> body,
                std::span<const Carried> ports) {
  const auto header = header_of(wire::RecordKind::data, end, epoch, ports.size());
  return with_parts(body, ports, [&](std::span<const Bytes> parts) { return out.offer(link, header, parts); });
}

void send_data(RecordsOut& out, transport::Link& link, EndId end, Epoch epoch, std::span<const Bytes> body,
               std::span<const Carried> ports) {
  const auto header = header_of(wire::RecordKind::data, end, epoch, ports.size());
  with_parts(body, ports, [&](std::span<const Bytes> parts) { out.send(link, header, parts); });
}

namespace {

// Calls f with header and parts: ports, then memory, then the body.
template <class F>
auto with_load(EndId end, Epoch epoch, std::span<const Bytes> body, std::span<const Carried> ports,
               const MemoryTable::Load& load, F f) {
  const auto table = written_ports(ports);
  std::vector<Bytes> parts = {std::as_bytes(std::span(table)), std::as_bytes(std::span(load.table))};
  parts.insert(parts.end(), body.begin(), body.end());
  return f(header_of(wire::RecordKind::data, end, epoch, ports.size(), load.table.size()), std::span<const Bytes>(parts));
}

}  // namespace

bool offer_laden(RecordsOut& out, transport::Link& link, MemoryTable& table, EndId end, Epoch epoch,
                 std::span<const Bytes> body, std::span<const Carried> ports, std::span<const Attachment> attachments) {
  if (out.full()) return false;
  auto load = table.load(attachments);
  const bool taken = with_load(end, epoch, body, ports, load, [&](const auto& header, std::span<const Bytes> parts) {
    return out.offer(link, header, parts, load.fds);
  });
  if (taken) table.sent(attachments, load);
  return taken;
}

void send_laden(RecordsOut& out, transport::Link& link, MemoryTable& table, EndId end, Epoch epoch,
                std::span<const Bytes> body, std::span<const Carried> ports, std::span<const Attachment> attachments,
                Payer payer) {
  auto load = table.load(attachments);
  with_load(end, epoch, body, ports, load, [&](const auto& header, std::span<const Bytes> parts) {
    out.send(link, header, parts, load.fds, payer);
  });
  table.sent(attachments, load);
}

void send_memory_word(RecordsOut& out, transport::Link& link, wire::RecordKind kind, const wire::MemoryWord& word) {
  const Bytes parts[] = {std::as_bytes(std::span(&word, 1))};
  out.send(link, header_of(kind, 0, 0), parts);
}

void send_empty(RecordsOut& out, transport::Link& link, wire::RecordKind kind, EndId end, Epoch epoch) {
  out.send(link, header_of(kind, end, epoch), {});
}

void send_credit(RecordsOut& out, transport::Link& link, EndId end, Epoch epoch, std::uint64_t bytes,
                 std::uint32_t messages) {
  const wire::Room room(bytes, messages, 0);
  const Bytes parts[] = {std::as_bytes(std::span(&room, 1))};
  out.send(link, header_of(wire::RecordKind::credit, end, epoch), parts);
}

}  // namespace mullion::node
