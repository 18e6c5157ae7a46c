#include "talk.hpp"

#include <cstring>

namespace mullion::fault {
namespace {

constexpr std::size_t longest_filling = 4u << 20;

// Filling number n begins at the n-th byte.
Bytes pattern(std::uint32_t number, std::size_t size) {
  static const auto all = [] {
    std::vector<std::byte> bytes(longest_filling + 256);
    for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::byte>(i);
    return bytes;
  }();
  return Bytes(all).subspan(number % 256, size);
}

}  // namespace

bool Talk::say(EndId end, Verb verb, std::size_t filling, std::initializer_list<EndId> ports, node::Room room) {
  return post(end, verb, pattern(said_[end] + 1, filling), std::span(ports.begin(), ports.size()), room);
}

bool Talk::say_report(EndId end, const Report& report) {
  return post(end, Verb::reported, std::as_bytes(std::span(&report, 1)), {}, node::Room::outbox);
}

bool Talk::post(EndId end, Verb verb, Bytes filling, std::span<const EndId> ports, node::Room room) {
  const Head head{verb, node_.id(), said_[end] + 1, static_cast<std::uint32_t>(filling.size())};
  const Bytes parts[] = {std::as_bytes(std::span(&head, 1)), filling};
  if (!node_.post(end, parts, ports, room)) return false;
  ++said_[end];
  return true;
}

std::optional<Note> Talk::hear(EndId end) {
  auto received = node_.take(end);
  if (!received) return std::nullopt;
  Head head;
  Note note{.ports = std::move(received->ports)};
  const bool counts = !strangers_.contains(end);
  if (received->body.size() < sizeof head) return damaged_ += counts, note;
  std::memcpy(&head, received->body.data(), sizeof head);
  const Bytes filling = Bytes(received->body).subspan(sizeof head);
  if (!next(end, head) || !whole(head, filling)) damaged_ += counts;
  moved_.insert(note.ports.begin(), note.ports.end());
  note.verb = head.verb;
  note.filling = filling.size();
  if (head.verb == Verb::reported && filling.size() == sizeof(Report))
    std::memcpy(&note.report.emplace(), filling.data(), sizeof(Report));
  return note;
}

// Of an end that came from elsewhere, what was heard there is not known.
bool Talk::next(EndId end, const Head& head) {
  auto [known, first] = heard_.try_emplace({end, head.writer}, 0);
  const bool next = head.number == known->second + 1 || (first && moved_.contains(end));
  known->second = head.number;
  return next;
}

bool Talk::whole(const Head& head, Bytes body) const {
  if (body.size() != head.filling || body.size() > longest_filling) return false;
  if (head.verb == Verb::reported || body.empty()) return true;
  return std::memcmp(body.data(), pattern(head.number, body.size()).data(), body.size()) == 0;
}

void Talk::forget(EndId end) {
  said_.erase(end);
  moved_.erase(end);
  strangers_.erase(end);
  heard_.erase(heard_.lower_bound({end, 0}), heard_.upper_bound({end, UINT32_MAX}));
}

}  // namespace mullion::fault
