// A link as nodes use it: control words of any length, and records that may not be refused.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "mullion/base/unique_fd.hpp"
#include "mullion/transport/link.hpp"
#include "node/core/ports.hpp"
#include "node/memory_table.hpp"
#include "node/wire.hpp"

namespace mullion::node {

// What the largest message may hold besides its ports. Every link between nodes carries that.
inline constexpr std::size_t max_message_bytes = 64u << 20;
inline constexpr std::size_t max_payload_bytes = max_message_bytes + core::most_ports * sizeof(wire::CarriedPort);
// The longest control message that is assembled from pieces: what a process may have in the mail, and as much again.
inline constexpr std::size_t max_assembled_bytes = 512u << 20;

// Control messages on their way out. What the link does not take now waits here, in order.
class ControlOut {
 public:
  void send(transport::Link& link, Written&& written);
  void flush(transport::Link& link);  // on_writable
  bool empty() const { return waiting_.empty(); }
  // More waits than a peer that reads its control messages ever has.
  bool beyond_reason() const { return waiting_bytes_ > max_assembled_bytes || waiting_.size() > 65536; }
  void clear() { waiting_.clear(), waiting_bytes_ = 0; }

 private:
  struct Message {
    std::vector<std::byte> bytes;
    std::vector<UniqueFd> fds;
  };
  void send_whole(transport::Link& link, Bytes message, std::span<UniqueFd> fds);
  std::deque<Message> waiting_;
  std::size_t waiting_bytes_ = 0;
};

// Control messages on their way in: checked, pieces put together.
class ControlIn {
 public:
  struct Word {
    const wire::Control* control = nullptr;  // null: a piece, more follows
    std::size_t bytes = 0;
    std::vector<UniqueFd> fds{};
  };
  // The result is good until the next call.
  std::expected<Word, Lie> read(Bytes message, std::vector<UniqueFd> fds = {});

 private:
  std::expected<Word, Lie> read_one(Bytes message);
  std::expected<Word, Lie> add(const wire::Piece& piece);
  Reader reader_;
  std::vector<std::byte> pieces_;
  std::vector<UniqueFd> fds_;
  std::vector<std::byte> whole_;
};

// In main: who is charged for a record that waits behind others.
struct Payer {
  NodeId node = 0;  // nobody
  std::uint64_t bytes = 0;
};

// Records on their way out.
class RecordsOut {
 public:
  // True: a record was refused and waits here, so that everything has to. on_writable() ends it.
  bool full() const { return !waiting_.empty(); }
  // More waits that nobody pays for than a peer that reads ever has.
  bool beyond_reason() const { return unpaid_ > 65536; }
  void on_discharge(std::function<void(const Payer&)> f) { discharge_ = std::move(f); }
  // Descriptors are taken if and only if the record is.
  bool offer(transport::Link& link, const transport::RecordHeader& header, std::span<const Bytes> parts,
             std::span<UniqueFd> fds = {});
  void send(transport::Link& link, const transport::RecordHeader& header, std::span<const Bytes> parts,
            std::span<UniqueFd> fds = {}, Payer payer = {});
  void flush(transport::Link& link);
  void clear();

 private:
  struct Record {
    transport::RecordHeader header;
    std::vector<std::byte> payload;
    std::vector<UniqueFd> fds;
    Payer payer;
  };
  void pop();
  std::deque<Record> waiting_;
  std::size_t unpaid_ = 0;
  std::function<void(const Payer&)> discharge_;
};

// A record that has come over `link`, as the core takes it. `payer`: as Ports::on_data has it.
core::Arrival arrive(core::Ports& ports, core::LinkId link, const Record& record,
                     std::span<const Attachment> attachments = {}, NodeId payer = 0);

// One message as the core hands it over: its ports, if it has any, before its parts.
bool offer_data(RecordsOut& out, transport::Link& link, EndId end, Epoch epoch, std::span<const Bytes> body,
                std::span<const Carried> ports);
void send_data(RecordsOut& out, transport::Link& link, EndId end, Epoch epoch, std::span<const Bytes> body,
               std::span<const Carried> ports);
// The same with memory, which `table` then knows.
bool offer_laden(RecordsOut& out, transport::Link& link, MemoryTable& table, EndId end, Epoch epoch,
                 std::span<const Bytes> body, std::span<const Carried> ports, std::span<const Attachment> attachments);
void send_laden(RecordsOut& out, transport::Link& link, MemoryTable& table, EndId end, Epoch epoch,
                std::span<const Bytes> body, std::span<const Carried> ports, std::span<const Attachment> attachments,
                Payer payer = {});
void send_memory_word(RecordsOut& out, transport::Link& link, wire::RecordKind kind, const wire::MemoryWord& word);
void send_empty(RecordsOut& out, transport::Link& link, wire::RecordKind kind, EndId end, Epoch epoch);
void send_credit(RecordsOut& out, transport::Link& link, EndId end, Epoch epoch, std::uint64_t bytes,
                 std::uint32_t messages);

}  // namespace mullion::node
