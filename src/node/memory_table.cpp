#include "node/memory_table.hpp"

#include <algorithm>
#include <utility>

namespace mullion::node {
namespace {

constexpr std::size_t most_known = 64;  // by numbers of one side

wire::CarriedMemory word_about(std::uint64_t id, const MemoryFile& file, wire::MemoryKind kind) {
  return {id, file.bytes(), kind, file.sharing() == Sharing::shared, 0, 0};
}

bool brings(const wire::CarriedMemory& word) {
  return word.kind() == wire::MemoryKind::fresh || word.kind() == wire::MemoryKind::kept;
}

}  // namespace

MemoryTable::MemoryTable(bool odd, std::shared_ptr<MemoryLedger> ledger, Tell tell)
    : parity_(odd ? 1 : 0), ledger_(std::move(ledger)), tell_(std::move(tell)) {}

// ---- out

MemoryTable::Load MemoryTable::load(std::span<const Attachment> attachments) const {
  Load load;
  std::uint64_t last = last_;
  std::size_t given = given_;
  std::unordered_map<const MemoryFile*, std::uint64_t> fresh;
  for (const Attachment& memory : attachments) {
    if (!memory) {
      load.table.emplace_back(0, 0, wire::MemoryKind::missing, false, 0, 0);
      continue;
    }
    MemoryFile& file = memory->file();
    if (auto known = numbers_.find(&file); known != numbers_.end()) {
      load.table.push_back(word_about(known->second, file, wire::MemoryKind::known));
      continue;
    }
    if (auto twice = fresh.find(&file); twice != fresh.end()) {
      load.table.push_back(word_about(twice->second, file, wire::MemoryKind::known));
      continue;
    }
    auto fd = file.for_peer();
    if (!fd) {
      load.table.emplace_back(0, 0, wire::MemoryKind::missing, false, 0, 0);
      continue;
    }
    load.fds.push_back(std::move(*fd));
    const bool keeps = given < most_known;
    if (keeps) ++given, last += 2, fresh.emplace(&file, last + parity_);
    load.table.push_back(
        word_about(keeps ? last + parity_ : 0, file, keeps ? wire::MemoryKind::kept : wire::MemoryKind::fresh));
  }
  return load;
}

void MemoryTable::sent(std::span<const Attachment> attachments, const Load& load) {
  for (std::size_t i = 0; i < attachments.size(); ++i) {
    const auto& word = load.table[i];
    if (word.kind() == wire::MemoryKind::kept) {
      last_ = word.id() - parity_;
      ++given_;
      remember(word.id(), attachments[i]->share_file());
    }
    if (word.id() == 0) continue;
    Entry& entry = entries_[word.id()];
    entry.away = true;
    ++entry.sent;
  }
}

void MemoryTable::remember(std::uint64_t id, const std::shared_ptr<MemoryFile>& file) {
  entries_[id].file = file;
  if (!file || !numbers_.try_emplace(file.get(), id).second) return;
  file->join(weak_from_this());
}

// ---- in

std::expected<MemoryTable::Unloaded, Lie> MemoryTable::unload(std::span<const wire::CarriedMemory> table,
                                                              std::vector<UniqueFd>& fds) {
  const auto due = static_cast<std::size_t>(std::count_if(table.begin(), table.end(), brings));
  if (fds.size() != due) return std::unexpected("a message brings other descriptors than its buffers need");
  Unloaded unloaded{.attachments = {}, .cut = ledger_ && !ledger_->admits(due)};
  std::size_t next = 0;
  for (const auto& word : table) {
    auto memory = take(word, brings(word) ? std::move(fds[next++]) : UniqueFd(), unloaded.cut);
    if (!memory) return std::unexpected(std::move(memory).error());
    unloaded.attachments.push_back(std::move(*memory));
  }
  return unloaded;
}

bool MemoryTable::may_be_new(std::uint64_t id) const { return id % 2 != parity_ && id > heard_ && got_ < most_known; }

std::expected<Attachment, Lie> MemoryTable::take(const wire::CarriedMemory& word, UniqueFd fd, bool cut) {
  if (word.kind() == wire::MemoryKind::known) return take_known(word);
  if (word.kind() == wire::MemoryKind::missing) return Attachment();
  const bool kept = word.kind() == wire::MemoryKind::kept;
  if (!brings(word) || (kept ? !may_be_new(word.id()) : word.id() != 0)) {
    return std::unexpected("a buffer has a number that is not its sender's to give");
  }
  std::shared_ptr<MemoryFile> file;
  if (!cut) {
    auto opened =
        MemoryFile::open(std::move(fd), word.bytes(), word.shared() ? Sharing::shared : Sharing::sealed, ledger_);
    if (!opened) return std::unexpected(opened.error().message);
    file = std::move(*opened);
  }
  if (kept) {
    heard_ = word.id();
    ++got_;
    remember(word.id(), file);
    entries_[word.id()].received = 1;
  }
  return file ? std::make_shared<Memory>(std::move(file)) : Attachment();
}

std::expected<Attachment, Lie> MemoryTable::take_known(const wire::CarriedMemory& word) {
  const auto found = entries_.find(word.id());
  if (found == entries_.end()) return std::unexpected("a buffer is named that was never sent here, or was forgotten");
  Entry& entry = found->second;
  ++entry.received;
  entry.away = false;
  if (!entry.file) return Attachment();
  if (std::exchange(entry.forgotten, false)) remember(word.id(), entry.file);
  return std::make_shared<Memory>(entry.file);
}

// ---- forgetting

// The other side forgets it as well, unless it has named it once more: then that has not arrived here, and this side
// remembers it again when it does.
bool MemoryTable::unused(const std::shared_ptr<MemoryFile>& file) {
  const auto number = numbers_.find(file.get());
  if (number == numbers_.end()) return false;
  const std::uint64_t id = number->second;
  Entry& entry = entries_[id];
  if (entry.away) return true;
  numbers_.erase(number);
  entry.forgotten = true;
  tell_(wire::RecordKind::forget, {id, entry.received, 0});
  return false;
}

void MemoryTable::heard(wire::RecordKind kind, const wire::MemoryWord& word) {
  const auto found = entries_.find(word.id());
  if (found == entries_.end()) return;
  const Entry& entry = found->second;
  const bool asks = kind == wire::RecordKind::forget;
  if (asks ? entry.sent != word.received() : !entry.forgotten) return;
  if (auto number = numbers_.find(entry.file.get()); number != numbers_.end() && number->second == word.id()) {
    numbers_.erase(number);
  }
  --(word.id() % 2 == parity_ ? given_ : got_);
  const auto kept = entry.file;
  entries_.erase(found);
  if (asks) tell_(wire::RecordKind::forgotten, {word.id(), 0, 0});
}

}  // namespace mullion::node
