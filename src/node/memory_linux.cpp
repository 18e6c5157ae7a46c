#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>

#include "node/memory.hpp"
#include "node/memory_table.hpp"
#include "transport/discard.hpp"

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U
#endif

namespace mullion::node {
namespace {

constexpr int seals_of_size = F_SEAL_SHRINK | F_SEAL_GROW;
constexpr std::size_t written_at_once = 64 * 1024;

int wanted_seals(Sharing sharing) {
  return seals_of_size | F_SEAL_SEAL | (sharing == Sharing::sealed ? F_SEAL_WRITE : 0);
}

Error lie(std::string why) { return {.kind = Kind::invalid, .code = "buffer", .message = std::move(why)}; }

Result<UniqueFd> make_file() {
  constexpr unsigned flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
  UniqueFd fd(memfd_create("mullion-buffer", flags | MFD_NOEXEC_SEAL));
  if (!fd && errno == EINVAL) fd.reset(memfd_create("mullion-buffer", flags));  // Linux before 6.3
  if (!fd) return std::unexpected(errno_error("Cannot make a buffer's memory"));
  return fd;
}

bool reserved(int fd, std::size_t bytes) { return lseek(fd, 0, SEEK_HOLE) == static_cast<off_t>(bytes); }

Result<> write_zeroes(int fd, std::size_t bytes) {
  const std::vector<std::byte> zeroes(std::min(bytes, written_at_once));
  for (std::size_t done = 0; done < bytes;) {
    const ssize_t some = pwrite(fd, zeroes.data(), std::min(zeroes.size(), bytes - done), static_cast<off_t>(done));
    if (some > 0) done += static_cast<std::size_t>(some);
    if (some == 0 || (some < 0 && errno != EINTR))
      return std::unexpected(errno_error("Cannot reserve a buffer's memory"));
  }
  return {};
}

// A hole would be filled at the reader's expense, or kill it (SIGBUS) where there is no memory for it.
Result<> check(int fd, std::size_t bytes, Sharing sharing) {
  const int found = fcntl(fd, F_GET_SEALS);
  if (found < 0) return std::unexpected(lie("A buffer is not a memory file."));
  if ((found & wanted_seals(sharing)) != wanted_seals(sharing)) return std::unexpected(lie("A buffer lacks seals."));
  if (bytes == 0 || bytes > max_buffer_bytes)
    return std::unexpected(lie("A buffer is larger than one may be, or empty."));
  if (lseek(fd, 0, SEEK_END) != static_cast<off_t>(bytes))
    return std::unexpected(lie("A buffer has another size than it says."));
  if (!reserved(fd, bytes)) return std::unexpected(lie("A buffer's memory is not reserved."));
  return {};
}

Result<std::byte*> map_file(int fd, std::size_t bytes, int protection, int flags) {
  void* start = mmap(nullptr, bytes, protection, flags, fd, 0);
  if (start == MAP_FAILED) return std::unexpected(errno_error("Cannot map a buffer"));
  return static_cast<std::byte*>(start);
}

}  // namespace

Result<std::shared_ptr<MemoryFile>> MemoryFile::create(std::size_t bytes, Sharing sharing) {
  auto fd = make_file();
  if (!fd) return std::unexpected(fd.error());
  if (ftruncate(fd->get(), static_cast<off_t>(bytes)) < 0)
    return std::unexpected(errno_error("Cannot size a buffer's memory"));
  std::shared_ptr<MemoryFile> file(new MemoryFile(std::move(*fd), bytes, sharing));
  auto mapped = map_file(file->fd_.get(), bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE);
  if (!mapped) return std::unexpected(mapped.error());
  file->mapped_ = *mapped;
  const int own = file->fd_.get();
  if (auto filled = reserved(own, bytes) ? Result<>() : write_zeroes(own, bytes); !filled) {
    return std::unexpected(filled.error());
  }
  if (sharing == Sharing::sealed) return file;
  if (auto sealed = file->seal(); !sealed) return std::unexpected(sealed.error());
  return file;
}

Result<std::shared_ptr<MemoryFile>> MemoryFile::open(UniqueFd fd, std::size_t bytes, Sharing sharing,
                                                     std::shared_ptr<MemoryLedger> ledger) {
  if (auto checked = check(fd.get(), bytes, sharing); !checked) {
    std::vector<UniqueFd> strange;
    strange.push_back(std::move(fd));
    transport::discard(std::move(strange));
    return std::unexpected(checked.error());
  }
  std::shared_ptr<MemoryFile> file(new MemoryFile(std::move(fd), bytes, sharing));
  file->sealed_ = true;
  file->freeze();
  file->ledger_ = std::move(ledger);
  if (file->ledger_) ++file->ledger_->held;
  return file;
}

MemoryFile::~MemoryFile() {
  unmap();
  if (ledger_) --ledger_->held;
}

// What was written stays in the file; a mapping for writing would keep it from being sealed.
Result<> MemoryFile::seal() {
  freeze();
  if (sealed_) return {};
  if (sharing_ == Sharing::sealed) unmap();
  if (fcntl(fd_.get(), F_ADD_SEALS, wanted_seals(sharing_)) < 0)
    return std::unexpected(errno_error("Cannot seal a buffer"));
  sealed_ = true;
  return {};
}

// Sealed memory is mapped privately: Linux before 6.7 does not share a mapping of it, not even for reading. What came
// from elsewhere is not populated: Chromium's sandbox kills a renderer for asking.
Result<std::span<std::byte>> MemoryFile::map() {
  if (mapped_) return std::span(mapped_, bytes_);
  const bool reads = sealed_ && sharing_ == Sharing::sealed;
  const int protection = reads ? PROT_READ : PROT_READ | PROT_WRITE;
  auto mapped = map_file(fd_.get(), bytes_, protection, reads ? MAP_PRIVATE : MAP_SHARED);
  if (!mapped) return std::unexpected(mapped.error());
  mapped_ = *mapped;
  return std::span(mapped_, bytes_);
}

void MemoryFile::unmap() {
  if (mapped_) munmap(std::exchange(mapped_, nullptr), bytes_);
}

Result<UniqueFd> MemoryFile::for_peer() {
  if (auto sealed = seal(); !sealed) return std::unexpected(sealed.error());
  UniqueFd copy(fcntl(fd_.get(), F_DUPFD_CLOEXEC, 0));
  if (!copy) return std::unexpected(errno_error("Cannot share a buffer"));
  return copy;
}

void MemoryFile::unused() {
  if (--uses_ > 0) return;
  const auto self = shared_from_this();
  for (const auto& known : std::exchange(tables_, {})) {
    const auto table = known.lock();
    if (table && table->unused(self)) tables_.push_back(known);
  }
  if (tables_.empty()) unmap();  // the file is there until the other side has forgotten it too
}

}  // namespace mullion::node
