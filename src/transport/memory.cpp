#include "transport/memory.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <boost/interprocess/mapped_region.hpp>
#include <cerrno>
#include <memory>
#include <new>
#include <string>
#include <vector>

#include "mullion/base/unique_fd.hpp"

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U
#endif

namespace mullion::transport {
namespace {

namespace bip = boost::interprocess;

constexpr int seals_of_size = F_SEAL_SHRINK | F_SEAL_GROW;
constexpr std::size_t written_at_once = 64 * 1024;
constexpr int seals = seals_of_size | F_SEAL_FUTURE_WRITE | F_SEAL_SEAL;

// A descriptor as Boost.Interprocess wants to see what it maps.
struct Mappable {
  int fd;
  bip::mapping_handle_t get_mapping_handle() const { return {fd, false}; }
};

Result<std::shared_ptr<bip::mapped_region>> map(int fd, bip::mode_t mode, std::size_t bytes) {
  try {
    return std::make_shared<bip::mapped_region>(Mappable{fd}, mode, 0, bytes);
  } catch (const bip::interprocess_exception& e) {
    return std::unexpected(errno_error("Cannot map a link's memory", e.get_native_error()));
  }
}

Result<UniqueFd> make_memory_file() {
  constexpr unsigned flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
  UniqueFd fd(memfd_create("mullion-link", flags | MFD_NOEXEC_SEAL));
  if (!fd && errno == EINVAL) fd.reset(memfd_create("mullion-link", flags));  // Linux before 6.3
  if (!fd) return std::unexpected(errno_error("Cannot make a link's memory"));
  return fd;
}

// Written, not only allocated: what fallocate gives counts as a hole until it is first touched.
Result<> reserve(int fd, std::size_t bytes) {
  const std::vector<std::byte> zeroes(std::min(bytes, written_at_once));
  for (std::size_t done = 0; done < bytes;) {
    const ssize_t some = pwrite(fd, zeroes.data(), std::min(zeroes.size(), bytes - done), static_cast<off_t>(done));
    if (some > 0) done += static_cast<std::size_t>(some);
    if (some == 0 || (some < 0 && errno != EINTR))
      return std::unexpected(errno_error("Cannot reserve a link's memory"));
  }
  return {};
}

Error lie(std::string message) { return Error{Kind::invalid, "protocol", std::move(message)}; }

// A hole would be filled at the reader's expense, or kill it (SIGBUS) where there is no memory for it. Pages counted by
// fstat may lie behind the end.
Result<> check_segment(int fd, std::size_t bytes, int wanted) {
  const int found = fcntl(fd, F_GET_SEALS);
  if (found < 0) return std::unexpected(lie("The peer's memory is not a memory file."));
  if ((found & wanted) != wanted) return std::unexpected(lie("The peer's memory lacks seals."));
  const off_t size = lseek(fd, 0, SEEK_END);
  if (size != static_cast<off_t>(bytes)) {
    return std::unexpected(
        lie("The peer's memory has " + std::to_string(size) + " bytes instead of " + std::to_string(bytes) + "."));
  }
  if (lseek(fd, 0, SEEK_HOLE) != size) return std::unexpected(lie("The peer's memory is not reserved."));
  return {};
}

Result<UniqueFd> make_reserved_file(std::size_t bytes) {
  auto fd = make_memory_file();
  if (!fd) return fd;
  if (auto reserved = reserve(fd->get(), bytes); !reserved) return std::unexpected(reserved.error());
  return fd;
}

Result<OwnSegment> map_own(int fd, std::uint32_t ring_bytes) {
  auto region = map(fd, bip::read_write, segment_bytes(ring_bytes));
  if (!region) return std::unexpected(region.error());
  void* start = (*region)->get_address();
  ::new (start) SegmentHead;
  return OwnSegment{std::shared_ptr<void>(*region, start), ring_bytes};
}

Result<> seal(int fd, int kinds) {
  if (fcntl(fd, F_ADD_SEALS, kinds) == 0) return {};
  return std::unexpected(errno_error("Cannot seal a link's memory"));
}

}  // namespace

Result<std::pair<OwnSegment, UniqueFd>> make_segment(std::uint32_t ring_bytes) {
  auto fd = make_reserved_file(segment_bytes(ring_bytes));
  if (!fd) return std::unexpected(fd.error());
  auto own = map_own(fd->get(), ring_bytes);
  if (!own) return std::unexpected(own.error());
  if (auto sealed = seal(fd->get(), seals); !sealed) return std::unexpected(sealed.error());
  return std::pair(std::move(*own), std::move(*fd));
}

Result<UniqueFd> make_lent_segment(std::uint32_t ring_bytes) {
  auto fd = make_reserved_file(segment_bytes(ring_bytes));
  if (!fd) return fd;
  if (auto sealed = seal(fd->get(), seals_of_size); !sealed) return std::unexpected(sealed.error());
  return fd;
}

Result<OwnSegment> map_lent_segment(int fd, std::uint32_t ring_bytes) {
  if (auto checked = check_segment(fd, segment_bytes(ring_bytes), seals_of_size); !checked) {
    return std::unexpected(checked.error());
  }
  return map_own(fd, ring_bytes);
}

// The writer may have sealed it already and then wins nothing: what it is now is checked, and a hole that it punched
// before is seen after the seal, when there can be no further one.
Result<PeerSegment> open_lent_segment(int fd, std::uint32_t ring_bytes) {
  (void)seal(fd, seals);
  return open_segment(fd, ring_bytes);
}

Result<PeerSegment> open_segment(int fd, std::uint32_t ring_bytes) {
  const auto bytes = segment_bytes(ring_bytes);
  if (auto checked = check_segment(fd, bytes, seals); !checked) return std::unexpected(checked.error());
  auto region = map(fd, bip::read_only, bytes);
  if (!region) return std::unexpected(region.error());
  const void* start = (*region)->get_address();
  return PeerSegment{std::shared_ptr<const void>(*region, start), ring_bytes};
}

std::pair<OwnSegment, PeerSegment> local_segment(std::uint32_t ring_bytes) {
  constexpr std::align_val_t page{4096};
  void* start = ::operator new(segment_bytes(ring_bytes), page);
  std::shared_ptr<void> memory(start, [](void* p) { ::operator delete(p, page); });
  auto* head = ::new (start) SegmentHead;
  ::new (reinterpret_cast<std::byte*>(head) + ring_offset) std::uint64_t{0};
  return {OwnSegment{memory, ring_bytes}, PeerSegment{memory, ring_bytes}};
}

}  // namespace mullion::transport
