// The memory that messages carry: what a peer may send, and what two processes remember of it.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "node/memory_table.hpp"

using namespace mullion;
using namespace mullion::node;

namespace {

UniqueFd file_with(std::size_t bytes, int seals, bool written = true) {
  UniqueFd fd(memfd_create("mullion-test", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  REQUIRE(ftruncate(fd.get(), static_cast<off_t>(bytes)) == 0);
  const std::vector<char> content(bytes, 'x');
  if (written) REQUIRE(pwrite(fd.get(), content.data(), bytes, 0) == static_cast<ssize_t>(bytes));
  REQUIRE(fcntl(fd.get(), F_ADD_SEALS, seals) == 0);
  return fd;
}

constexpr int all_seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL;

std::string refused(UniqueFd fd, std::size_t bytes, Sharing sharing = Sharing::sealed) {
  auto opened = MemoryFile::open(std::move(fd), bytes, sharing, nullptr);
  return opened ? "" : opened.error().message;
}

}  // namespace

TEST_CASE("memory, hostile: every seal is needed") {
  CHECK(refused(file_with(5000, all_seals), 5000).empty());
  for (const int missing : {F_SEAL_SHRINK, F_SEAL_GROW, F_SEAL_WRITE, F_SEAL_SEAL})
    CHECK(refused(file_with(5000, all_seals & ~missing), 5000) == "A buffer lacks seals.");
  const int shared = all_seals & ~F_SEAL_WRITE;
  CHECK(refused(file_with(5000, shared), 5000, Sharing::shared).empty());
  for (const int missing : {F_SEAL_SHRINK, F_SEAL_GROW, F_SEAL_SEAL})
    CHECK(refused(file_with(5000, shared & ~missing), 5000, Sharing::shared) == "A buffer lacks seals.");
}

TEST_CASE("memory, hostile: a size that is not the file's, none, too much, or holes") {
  CHECK(refused(file_with(5000, all_seals), 4999).find("another size") != std::string::npos);
  CHECK(refused(file_with(5000, all_seals), 5001).find("another size") != std::string::npos);
  CHECK(refused(file_with(1, all_seals), 0).find("larger than one may be, or empty") != std::string::npos);
  CHECK(refused(file_with(1, all_seals), (std::size_t{1} << 30) + 1).find("larger than one may be") !=
        std::string::npos);
  CHECK(refused(file_with(1 << 20, all_seals, false), 1 << 20) == "A buffer's memory is not reserved.");
}

TEST_CASE("memory, hostile: what is no memory file") {
  int ends[2];
  REQUIRE(pipe2(ends, O_CLOEXEC) == 0);
  const UniqueFd other(ends[1]);
  CHECK(refused(UniqueFd(ends[0]), 10) == "A buffer is not a memory file.");
  CHECK(refused(UniqueFd(open("/dev/zero", O_RDONLY | O_CLOEXEC)), 10) == "A buffer is not a memory file.");
}

namespace {

using Word = wire::CarriedMemory;
using wire::MemoryKind;

struct Table {
  std::shared_ptr<MemoryLedger> ledger = std::make_shared<MemoryLedger>(0, 100);
  std::vector<std::pair<wire::RecordKind, wire::MemoryWord>> told;
  std::shared_ptr<MemoryTable> table = std::make_shared<MemoryTable>(
      false, ledger, [this](wire::RecordKind kind, const wire::MemoryWord& word) { told.push_back({kind, word}); });

  auto unload(std::vector<Word> words, std::size_t fds) {
    std::vector<UniqueFd> brought;
    for (std::size_t i = 0; i < fds; ++i) brought.push_back(file_with(100, all_seals));
    return table->unload(words, brought);
  }
  static Word word(std::uint64_t id, MemoryKind kind, std::uint64_t bytes = 100) {
    return {id, bytes, kind, false, 0, 0};
  }
};

}  // namespace

TEST_CASE("memory table, hostile: a number that it was not its sender's to give, or that was never given") {
  Table t;
  CHECK_FALSE(t.unload({Table::word(2, MemoryKind::kept)}, 1));   // this side's numbers
  CHECK_FALSE(t.unload({Table::word(0, MemoryKind::kept)}, 1));   // none
  CHECK_FALSE(t.unload({Table::word(3, MemoryKind::fresh)}, 1));  // one where none belongs
  CHECK_FALSE(t.unload({Table::word(3, MemoryKind::known)}, 0));  // never given
  CHECK_FALSE(t.unload({Table::word(3, static_cast<MemoryKind>(9))}, 0));
  REQUIRE(t.unload({Table::word(3, MemoryKind::kept)}, 1));
  CHECK_FALSE(t.unload({Table::word(3, MemoryKind::kept)}, 1));  // once more
  CHECK_FALSE(t.unload({Table::word(1, MemoryKind::kept)}, 1));  // an earlier one
}

TEST_CASE("memory table, hostile: fewer or more descriptors than the buffers need") {
  Table t;
  CHECK_FALSE(t.unload({Table::word(0, MemoryKind::fresh)}, 0));
  CHECK_FALSE(t.unload({Table::word(0, MemoryKind::fresh)}, 2));
  CHECK_FALSE(t.unload({}, 1));
  CHECK(t.unload({Table::word(0, MemoryKind::missing)}, 0)->attachments[0] == nullptr);
}

TEST_CASE("memory table, hostile: more numbers than a table holds, and words about numbers that nobody knows") {
  Table t;
  std::vector<Attachment> kept;
  for (std::uint64_t i = 0; i < 64; ++i) {
    auto unloaded = t.unload({Table::word(2 * i + 1, MemoryKind::kept)}, 1);
    REQUIRE(unloaded);
    kept.push_back(unloaded->attachments[0]);
  }
  CHECK_FALSE(t.unload({Table::word(129, MemoryKind::kept)}, 1));
  t.table->heard(wire::RecordKind::forgotten, {1, 0, 0});  // it was not asked to
  t.table->heard(wire::RecordKind::forget, {777, 1, 0});
  CHECK(t.unload({Table::word(1, MemoryKind::known)}, 0));
}

TEST_CASE("memory table: beyond the ledger all that a message brings is dropped, and what is held goes down again") {
  Table t;
  t.ledger->most = 3;
  auto held = t.unload({Table::word(0, MemoryKind::fresh), Table::word(0, MemoryKind::fresh)}, 2);
  REQUIRE(held);
  CHECK(t.ledger->held == 2);
  auto over = t.unload({Table::word(1, MemoryKind::kept), Table::word(0, MemoryKind::fresh)}, 2);
  REQUIRE(over);
  CHECK(over->cut);
  CHECK(t.ledger->held == 2);
  CHECK(t.unload({Table::word(1, MemoryKind::known)}, 0)->attachments[0] == nullptr);
  held = {};
  CHECK(t.ledger->held == 0);
}

TEST_CASE("memory table: one that is unused here is forgotten when the other side agrees, and not while it is away") {
  Table t;
  auto unloaded = t.unload({Table::word(5, MemoryKind::kept)}, 1);
  REQUIRE(unloaded);
  const Attachment memory = unloaded->attachments[0];
  unloaded = {};
  const auto load = t.table->load(std::span(&memory, 1));
  CHECK(load.table[0].kind() == MemoryKind::known);
  CHECK(load.fds.empty());
  t.table->sent(std::span(&memory, 1), load);
  const_cast<Attachment&>(memory).reset();
  CHECK(t.told.empty());
  t.unload({Table::word(5, MemoryKind::known)}, 0);  // comes back, and nobody takes it
  REQUIRE(t.told.size() == 1);
  CHECK(t.told[0].first == wire::RecordKind::forget);
  CHECK(t.told[0].second.received() == 2);
  CHECK(t.ledger->held == 1);
  t.table->heard(wire::RecordKind::forgotten, {5, 0, 0});
  CHECK(t.ledger->held == 0);
  CHECK_FALSE(t.unload({Table::word(5, MemoryKind::known)}, 0));
}

TEST_CASE("memory table: a word to forget that crosses one more message about it is not heeded") {
  Table t;
  auto file = MemoryFile::create(100, Sharing::shared);
  REQUIRE(file);
  const Attachment memory = std::make_shared<Memory>(*file);
  for (int i = 0; i < 2; ++i) t.table->sent(std::span(&memory, 1), t.table->load(std::span(&memory, 1)));
  t.table->heard(wire::RecordKind::forget, {2, 1, 0});  // it has seen one of the two
  CHECK(t.told.empty());
  CHECK(t.table->load(std::span(&memory, 1)).table[0].kind() == MemoryKind::known);
  t.table->heard(wire::RecordKind::forget, {2, 2, 0});
  REQUIRE(t.told.size() == 1);
  CHECK(t.told[0].first == wire::RecordKind::forgotten);
  CHECK(t.table->load(std::span(&memory, 1)).table[0].kind() == MemoryKind::kept);
}
