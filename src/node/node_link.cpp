#include "node/node_link.hpp"

#include <algorithm>

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

void ControlOut::send(transport::Link& link, const Written& written) {
  Bytes rest = written.bytes();
  if (rest.size() <= transport::max_control_bytes) return send_whole(link, rest);
  while (!rest.empty()) {
    const Bytes piece = rest.first(std::min(rest.size(), piece_bytes));
    rest = rest.subspan(piece.size());
    send_whole(link, Written(piece, rest.empty()).bytes());
  }
}

void ControlOut::send_whole(transport::Link& link, Bytes message) {
  if (waiting_.empty() && !refused(link.send_control(message))) return;
  waiting_.emplace_back(message.begin(), message.end());
  waiting_bytes_ += message.size();
}

void ControlOut::flush(transport::Link& link) {
  while (!waiting_.empty() && !refused(link.send_control(waiting_.front()))) {
    waiting_bytes_ -= waiting_.front().size();
    waiting_.pop_front();
  }
}

// ---- ControlIn

std::expected<ControlIn::Word, Lie> ControlIn::read(Bytes message) {
  whole_.clear();
  auto control = reader_.read(message);
  if (!control) return std::unexpected(std::move(control).error());
  if (const auto* piece = (*control)->message_as_Piece()) return add(*piece);
  if (!pieces_.empty()) return std::unexpected("a control message stands between the pieces of another");
  return Word{*control, message.size()};
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
  return Word{*control, whole_.size()};
}

// ---- RecordsOut

bool RecordsOut::offer(transport::Link& link, const transport::RecordHeader& header, std::span<const Bytes> parts) {
  if (full()) return false;
  auto sent = link.send(header, parts);
  judge(link, sent);
  return !refused(sent);
}

void RecordsOut::send(transport::Link& link, const transport::RecordHeader& header, std::span<const Bytes> parts) {
  if (!offer(link, header, parts)) waiting_.push_back({header, joined(parts)});
}

void RecordsOut::flush(transport::Link& link) {
  for (; !waiting_.empty(); waiting_.pop_front()) {
    const Bytes parts[] = {waiting_.front().payload};
    auto sent = link.send(waiting_.front().header, parts);
    if (refused(sent)) return;
    judge(link, sent);
  }
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
