// Memory that travels with messages: a file without a name, mapped where a program looks at it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "mullion/base/error.hpp"
#include "mullion/base/unique_fd.hpp"
#include "mullion/node/types.hpp"

namespace mullion::node {

class MemoryTable;

// How many descriptors somebody's messages hold here.
struct MemoryLedger {
  std::uint32_t held = 0;
  std::uint32_t most = 0;

  bool admits(std::size_t more) const { return held + more <= most; }
};

// The file and its mapping in this process. Tables of links keep it while the other side may send it back; whoever uses
// it does so by a Memory. Loop thread.
class MemoryFile : public std::enable_shared_from_this<MemoryFile> {
 public:
  // Reserved at once, so that writing to it never fails for want of memory.
  static Result<std::shared_ptr<MemoryFile>> create(std::size_t bytes, Sharing sharing);
  // What somebody sent: the seals are checked first, then the size, then that its pages are there. `invalid`: a lie.
  // Where a ledger is given it is counted there.
  static Result<std::shared_ptr<MemoryFile>> open(UniqueFd fd, std::size_t bytes, Sharing sharing,
                                                  std::shared_ptr<MemoryLedger> ledger);
  ~MemoryFile();
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;

  std::size_t bytes() const { return bytes_; }
  Sharing sharing() const { return sharing_; }
  bool frozen() const { return frozen_; }
  void freeze() { frozen_ = sharing_ == Sharing::sealed; }  // nobody here writes to it any more
  Result<> seal();                                          // freezes it, and nobody anywhere can any more
  Result<std::span<std::byte>> map();                       // to be written to unless it is frozen
  Result<UniqueFd> for_peer();                              // seals it; another descriptor of the same file

  void used() { ++uses_; }
  void unused();
  bool in_use() const { return uses_ > 0; }
  void join(std::weak_ptr<MemoryTable> table) { tables_.push_back(std::move(table)); }

 private:
  MemoryFile(UniqueFd fd, std::size_t bytes, Sharing sharing) : fd_(std::move(fd)), bytes_(bytes), sharing_(sharing) {}
  void unmap();

  UniqueFd fd_;
  std::size_t bytes_;
  Sharing sharing_;
  bool frozen_ = false;
  bool sealed_ = false;
  std::byte* mapped_ = nullptr;
  std::size_t uses_ = 0;
  std::vector<std::weak_ptr<MemoryTable>> tables_;  // that know it by a number
  std::shared_ptr<MemoryLedger> ledger_;
};

// One use of a file: by a message that waits, or by the program's buffer.
class Memory {
 public:
  explicit Memory(std::shared_ptr<MemoryFile> file) : file_(std::move(file)) { file_->used(); }
  ~Memory() { file_->unused(); }
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;

  MemoryFile& file() const { return *file_; }
  const std::shared_ptr<MemoryFile>& share_file() const { return file_; }

 private:
  std::shared_ptr<MemoryFile> file_;
};

}  // namespace mullion::node
