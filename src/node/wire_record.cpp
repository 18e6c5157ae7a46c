// The records of node.fbs: a head of the link's, then tables without a builder, as every message passes here.
#include <cstring>

#include "node/wire.hpp"

namespace mullion::node {
namespace {

static_assert(static_cast<int>(core::RecordKind::data) == static_cast<int>(wire::RecordKind::data));
static_assert(static_cast<int>(core::RecordKind::fin) == static_cast<int>(wire::RecordKind::fin));
static_assert(static_cast<int>(core::RecordKind::credit) == static_cast<int>(wire::RecordKind::credit));
static_assert(static_cast<int>(core::RecordKind::lost) == static_cast<int>(wire::RecordKind::lost));

constexpr std::uint16_t ports_mask = 0x7ff;
constexpr int buffers_shift = 11;
static_assert(core::most_ports <= ports_mask && most_attachments < 32);

}  // namespace

std::vector<wire::CarriedPort> written_ports(std::span<const Carried> ports) {
  std::vector<wire::CarriedPort> result;
  for (const Carried& port : ports) result.emplace_back(port.end, port.token);
  return result;
}

transport::RecordHeader header_of(wire::RecordKind kind, EndId end, Epoch epoch, std::size_t ports, std::size_t buffers) {
  return {.port = end, .epoch = epoch, .kind = static_cast<std::uint16_t>(kind),
          .flags = static_cast<std::uint16_t>(ports | buffers << buffers_shift)};
}

namespace {

bool read_buffers(Record& record, std::size_t buffers, Bytes& payload) {
  const std::size_t table = buffers * sizeof(wire::CarriedMemory);
  if (buffers > most_attachments || payload.size() < table) return false;
  record.buffers.resize(buffers);
  std::memcpy(static_cast<void*>(record.buffers.data()), payload.data(), table);
  payload = payload.subspan(table);
  return true;
}

// These say what is wrong, or nothing.
const char* read_data(Record& record, std::uint16_t flags, Bytes payload) {
  const std::size_t ports = flags & ports_mask, buffers = flags >> buffers_shift;
  const std::size_t table = ports * sizeof(wire::CarriedPort);
  if (ports > core::most_ports) return "a message carries more ports than one may";
  if (payload.size() < table) return "a message is shorter than the ports it carries";
  if (ports > 0) record.ports.reserve(ports);
  for (std::size_t i = 0; i < ports; ++i) {
    wire::CarriedPort port;
    std::memcpy(&port, payload.data() + i * sizeof port, sizeof port);
    record.ports.push_back({.end = port.end(), .token = port.token()});
  }
  payload = payload.subspan(table);
  if (buffers > 0 && !read_buffers(record, buffers, payload)) return "a message carries more buffers than it can";
  record.body = payload;
  record.view.bytes = core::weight(record.body.size(), buffers);
  record.view.ports = record.ports;
  return nullptr;
}

const char* read_credit(Record& record, Bytes payload) {
  wire::Room room;
  if (payload.size() != sizeof room) return "a credit record is not a Room";
  std::memcpy(&room, payload.data(), sizeof room);
  record.view.bytes = room.bytes();
  record.view.messages = room.messages();
  return nullptr;
}

const char* read_memory_word(Record& record, Bytes payload) {
  wire::MemoryWord word;
  if (payload.size() != sizeof word) return "a record about memory is not a MemoryWord";
  std::memcpy(static_cast<void*>(&word), payload.data(), sizeof word);
  record.memory = word;
  return nullptr;
}

const char* read_by_kind(Record& record, const transport::RecordHeader& header, Bytes payload) {
  const auto kind = static_cast<wire::RecordKind>(header.kind);
  if (kind == wire::RecordKind::data) return read_data(record, header.flags, payload);
  if (header.flags != 0) return "a record has flags that its kind does not have";
  if (kind == wire::RecordKind::credit) return read_credit(record, payload);
  record.wire_kind = kind;
  if (kind == wire::RecordKind::forget || kind == wire::RecordKind::forgotten) return read_memory_word(record, payload);
  if (kind == wire::RecordKind::none || kind > wire::RecordKind::MAX) return "a record is of no known kind";
  if (!payload.empty()) return "a record has a payload that its kind does not have";
  record.goodbye = kind == wire::RecordKind::goodbye;
  return nullptr;
}

}  // namespace

// Made where it is returned: every message passes here, and a record is long to move.
std::expected<Record, Lie> read_record(const transport::RecordHeader& header, Bytes payload) {
  std::expected<Record, Lie> record(std::in_place);
  record->view.kind = static_cast<core::RecordKind>(header.kind);
  record->view.end = header.port;
  record->view.epoch = header.epoch;
  if (const char* lie = read_by_kind(*record, header, payload)) record = std::unexpected(lie);
  return record;
}

}  // namespace mullion::node
