// Sinks that write down what they are told, for tests of one class at a time.
#pragma once

#include <map>
#include <string_view>
#include <utility>
#include <vector>

#include "node/core/directory.hpp"
#include "node/core/ports.hpp"

namespace mullion::node::core::testing {

struct Sent {
  RecordKind kind = RecordKind::data;
  EndId end = 0;
  Epoch epoch = 0;
  std::vector<std::byte> body{};
  std::vector<Carried> ports{};
  const std::byte* first_part = nullptr;
  std::uint64_t bytes = 0;
};

inline Bytes bytes(std::string_view text) { return std::as_bytes(std::span(text.data(), text.size())); }
inline std::vector<std::byte> body(std::string_view text) { return {bytes(text).begin(), bytes(text).end()}; }
inline Parcel parcel(std::string_view text, std::vector<Carried> ports = {}) { return {body(text), std::move(ports)}; }
inline Mail mail(std::string_view text, std::vector<Carried> ports = {}) {
  Mail mail;
  mail.push_back(parcel(text, std::move(ports)));
  return mail;
}

struct PortsRecorder final : Ports::Sink {
  void up(Up&& message) override { ups.push_back(std::move(message)); }
  bool data(LinkId, EndId end, Epoch epoch, std::span<const Bytes> parts, std::span<const Carried> ports) override {
    if (full) return false;
    Sent record{.end = end, .epoch = epoch, .ports = {ports.begin(), ports.end()}};
    for (Bytes part : parts) record.body.insert(record.body.end(), part.begin(), part.end());
    record.first_part = parts.empty() ? nullptr : parts[0].data();
    sent.push_back(std::move(record));
    return true;
  }
  void fin(LinkId, EndId end, Epoch epoch) override { sent.push_back({RecordKind::fin, end, epoch}); }
  void credit(LinkId, EndId end, Epoch epoch, std::uint64_t granted, std::uint32_t) override {
    sent.push_back({.kind = RecordKind::credit, .end = end, .epoch = epoch, .bytes = granted});
  }
  void resume(LinkId) override { ++resumed; }
  void accuse(LinkId link, std::string) override { accused.push_back(link); }
  void over(LinkId link) override { overs.push_back(link); }
  bool charge(NodeId payer, std::uint64_t bytes) override {
    if (kept[payer] + bytes > may_keep) return false;
    kept[payer] += bytes;
    return true;
  }
  void discharge(NodeId payer, std::uint64_t bytes) override { kept[payer] -= bytes; }
  bool offer(EndId, Bytes view) override {
    offered.push_back({view.begin(), view.end()});
    return takes_offers;
  }
  void ready(EndId end) override { readied.push_back(end); }
  void drained(EndId end) override { drains.push_back(end); }
  void closed(EndId end, CloseReason reason) override { closes.push_back({end, reason}); }

  // The latest of a kind, or nothing.
  template <class Message>
  const Message* last() const {
    for (auto it = ups.rbegin(); it != ups.rend(); ++it) {
      if (auto* found = std::get_if<Message>(&*it)) return found;
    }
    return nullptr;
  }

  std::vector<Up> ups{};
  std::vector<Sent> sent{};
  std::vector<std::vector<std::byte>> offered{};
  std::vector<EndId> readied{}, drains{};
  std::vector<LinkId> accused{}, overs{};
  std::vector<std::pair<EndId, CloseReason>> closes{};
  std::map<NodeId, std::uint64_t> kept{};
  std::uint64_t may_keep = 1u << 20;
  int resumed = 0;
  bool full = false;
  bool takes_offers = false;
};

struct DirectoryRecorder final : Directory::Sink {
  void down(NodeId to, Down&& message) override { downs.push_back({to, std::move(message)}); }
  void lost(NodeId to, EndId end, Epoch) override { losses.push_back({to, end}); }
  bool introduce(NodeId a, NodeId b, LinkId link) override {
    if (introduces) introduced.push_back({a, b, link});
    return introduces;
  }
  void quarrel(NodeId from, NodeId other, const LinkFailed&) override { quarrels.push_back({from, other}); }

  template <class Message>
  const Message* last(NodeId to) const {
    for (auto it = downs.rbegin(); it != downs.rend(); ++it) {
      if (auto* found = std::get_if<Message>(&it->second); found && it->first == to) return found;
    }
    return nullptr;
  }

  std::vector<std::pair<NodeId, Down>> downs{};
  std::vector<std::pair<NodeId, EndId>> losses{};
  struct Introduced {
    NodeId a = 0, b = 0;
    LinkId link = 0;
  };
  std::vector<Introduced> introduced{};
  std::vector<std::pair<NodeId, NodeId>> quarrels{};
  bool introduces = false;
};

}  // namespace mullion::node::core::testing
