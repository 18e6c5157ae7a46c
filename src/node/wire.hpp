// How the core's words are written down: src/protocol/node.fbs, and back.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "mullion/transport/link.hpp"
#include "node/core/types.hpp"
#include "node/memory.hpp"
#include "node_generated.h"

namespace mullion::node {

namespace wire = mullion::protocol::node;
using core::Bytes;
using core::Carried;
using core::Epoch;

// What is wrong with something that a peer sent.
using Lie = std::string;

// A control message while it is written, with the descriptors of the memory in its mail.
struct MailBuilder : flatbuffers::FlatBufferBuilder {
  std::vector<UniqueFd> fds;
};
inline constexpr std::size_t most_mail_fds = 256;  // with one control message, in all its pieces

// A link to another child, whose socket comes with the word. Between the broker and the runtime; the core has no part.
struct Introduction {
  core::LinkId link = core::broker_link;
  bool offers = false;
  transport::Medium medium = transport::Medium::automatic;
  bool sandboxed = false;
  bool trusted = false;
};

// A control message's bytes.
class Written {
 public:
  explicit Written(const core::Up& word);
  explicit Written(const core::Down& word);
  struct Farewell {};
  explicit Written(Farewell);
  Written(const Introduction& introduction, UniqueFd socket);
  // A piece of a longer one.
  Written(Bytes piece, bool last);

  std::span<UniqueFd> fds() { return builder_.fds; }
  Bytes bytes() const { return {reinterpret_cast<const std::byte*>(builder_.GetBufferPointer()), builder_.GetSize()}; }

 private:
  template <class T>
  void finish(wire::Message kind, flatbuffers::Offset<T> word);
  MailBuilder builder_;
};

// Checks a control message that came and keeps it readable: in place, or in a copy where it would lie askew.
class Reader {
 public:
  std::expected<const wire::Control*, Lie> read(Bytes message);

 private:
  std::vector<std::uint64_t> aligned_;
};

// What came with a checked message: its size, of which no word holds more, and descriptors, of which all are taken.
struct Freight {
  Freight(std::size_t size, std::span<UniqueFd> brought = {}, std::shared_ptr<MemoryLedger> senders = {})
      : bytes(size), fds(brought), ledger(std::move(senders)) {}
  std::size_t bytes = 0;
  std::span<UniqueFd> fds{};
  std::shared_ptr<MemoryLedger> ledger{};  // of who sent them, if that is bounded
};
std::expected<core::Up, Lie> read_up(const wire::Control& control, const Freight& freight);
std::expected<core::Down, Lie> read_down(const wire::Control& control, const Freight& freight);
std::expected<Introduction, Lie> read_introduction(const wire::Introduce& from);

// ---- Records

struct Record {
  core::RecordView view{};
  std::vector<Carried> ports{};  // what view.ports refers to
  std::vector<wire::CarriedMemory> buffers{};
  Bytes body{};
  bool goodbye = false;
  std::optional<wire::MemoryWord> memory{};  // forget or forgotten, by `wire_kind`
  wire::RecordKind wire_kind = wire::RecordKind::none;
};

// Checks the form of a record; the body stays where it is.
std::expected<Record, Lie> read_record(const transport::RecordHeader& header, Bytes payload);

transport::RecordHeader header_of(wire::RecordKind kind, EndId end, Epoch epoch, std::size_t ports = 0,
                                  std::size_t buffers = 0);
std::vector<wire::CarriedPort> written_ports(std::span<const Carried> ports);

}  // namespace mullion::node
