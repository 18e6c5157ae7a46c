// How the core's words are written down: src/protocol/node.fbs, and back.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "mullion/transport/link.hpp"
#include "node/core/types.hpp"
#include "node_generated.h"

namespace mullion::node {

namespace wire = mullion::protocol::node;
using core::Bytes;
using core::Carried;
using core::Epoch;

// What is wrong with something that a peer sent.
using Lie = std::string;

// A control message's bytes.
class Written {
 public:
  explicit Written(const core::Up& word);
  explicit Written(const core::Down& word);
  struct Farewell {};
  explicit Written(Farewell);
  // A piece of a longer one.
  Written(Bytes piece, bool last);

  Bytes bytes() const { return {reinterpret_cast<const std::byte*>(builder_.GetBufferPointer()), builder_.GetSize()}; }

 private:
  template <class T>
  void finish(wire::Message kind, flatbuffers::Offset<T> word);
  flatbuffers::FlatBufferBuilder builder_;
};

// Checks a control message that came and keeps it readable: in place, or in a copy where it would lie askew.
class Reader {
 public:
  std::expected<const wire::Control*, Lie> read(Bytes message);

 private:
  std::vector<std::uint64_t> aligned_;
};

// The words of a checked message; `bytes` is its size, and no word holds more than that.
std::expected<core::Up, Lie> read_up(const wire::Control& control, std::size_t bytes);
std::expected<core::Down, Lie> read_down(const wire::Control& control, std::size_t bytes);

// ---- Records

struct Record {
  core::RecordView view{};
  std::vector<Carried> ports{};  // what view.ports refers to
  Bytes body{};
  bool goodbye = false;
};

// Checks the form of a record; the body stays where it is.
std::expected<Record, Lie> read_record(const transport::RecordHeader& header, Bytes payload);

transport::RecordHeader header_of(wire::RecordKind kind, EndId end, Epoch epoch, std::size_t ports = 0);
std::vector<wire::CarriedPort> written_ports(std::span<const Carried> ports);

}  // namespace mullion::node
