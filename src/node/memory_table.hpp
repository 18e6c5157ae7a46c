// What two processes remember of the memory that they sent each other, so that it is opened and mapped once.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <map>
#include <span>
#include <unordered_map>
#include <vector>

#include "node/memory.hpp"
#include "node/wire.hpp"

namespace mullion::node {

// One side of one link. Memory gets a number when it first goes over the link, from the side that sends it; later it is
// only named. Each side believes a number only if its own table has it. Loop thread.
class MemoryTable : public std::enable_shared_from_this<MemoryTable> {
 public:
  using Tell = std::function<void(wire::RecordKind, const wire::MemoryWord&)>;  // a record to the other side

  // The two sides give odd and even numbers. `ledger`: what the other side may hold here; null: as much as it likes.
  MemoryTable(bool odd, std::shared_ptr<MemoryLedger> ledger, Tell tell);

  // What goes with a message. Nothing is remembered of it before sent().
  struct Load {
    std::vector<wire::CarriedMemory> table;
    std::vector<UniqueFd> fds;
  };
  Load load(std::span<const Attachment> attachments) const;
  void sent(std::span<const Attachment> attachments, const Load& load);

  // What came with one. A null attachment: the sender could not send it. `cut`: the ledger is full, and all were
  // dropped.
  struct Unloaded {
    std::vector<Attachment> attachments;
    bool cut = false;
  };
  std::expected<Unloaded, Lie> unload(std::span<const wire::CarriedMemory> table, std::vector<UniqueFd>& fds);

  void heard(wire::RecordKind kind, const wire::MemoryWord& word);
  bool unused(const std::shared_ptr<MemoryFile>& file);  // nobody here uses it any more. True: it is still known
  const std::shared_ptr<MemoryLedger>& ledger() const { return ledger_; }

 private:
  struct Entry {
    std::shared_ptr<MemoryFile> file;  // null: there was no room for it
    bool away = false;                 // it was sent last, and not received
    bool forgotten = false;            // the other side was told so, and has not answered
    std::uint32_t sent = 0, received = 0;
  };

  void remember(std::uint64_t id, const std::shared_ptr<MemoryFile>& file);
  std::expected<Attachment, Lie> take(const wire::CarriedMemory& word, UniqueFd fd, bool cut);
  std::expected<Attachment, Lie> take_known(const wire::CarriedMemory& word);
  bool may_be_new(std::uint64_t id) const;

  const std::uint64_t parity_;
  std::shared_ptr<MemoryLedger> ledger_;
  Tell tell_;
  std::uint64_t last_ = 0;   // numbers given here
  std::uint64_t heard_ = 0;  // the highest number that the other side gave
  std::size_t given_ = 0, got_ = 0;
  std::map<std::uint64_t, Entry> entries_;
  std::unordered_map<const MemoryFile*, std::uint64_t> numbers_;
};

}  // namespace mullion::node
