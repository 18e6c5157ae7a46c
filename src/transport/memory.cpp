#include "transport/memory.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <boost/interprocess/mapped_region.hpp>
#include <cerrno>
#include <memory>
#include <new>
#include <string>

#include "mullion/base/unique_fd.hpp"

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U
#endif

namespace mullion::transport {
namespace {

namespace bip = boost::interprocess;

constexpr int seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_FUTURE_WRITE | F_SEAL_SEAL;

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

Result<> reserve(int fd, std::size_t bytes) {
  while (fallocate(fd, 0, 0, static_cast<off_t>(bytes)) != 0) {
    if (errno != EINTR) return std::unexpected(errno_error("Cannot reserve a link's memory"));
  }
  return {};
}

Error lie(std::string message) { return Error{Kind::invalid, "protocol", std::move(message)}; }

Result<> check_segment(int fd, std::size_t bytes) {
  const int found = fcntl(fd, F_GET_SEALS);
  if (found < 0) return std::unexpected(lie("The peer's memory is not a memory file."));
  if ((found & seals) != seals) return std::unexpected(lie("The peer's memory lacks seals."));
  struct stat status{};
  if (fstat(fd, &status) != 0) return std::unexpected(errno_error("Cannot look at the peer's memory"));
  if (status.st_size != static_cast<off_t>(bytes)) {
    return std::unexpected(lie("The peer's memory has " + std::to_string(status.st_size) + " bytes instead of " +
                               std::to_string(bytes) + "."));
  }
  if (status.st_blocks * 512 < status.st_size) return std::unexpected(lie("The peer's memory is not reserved."));
  return {};
}

}  // namespace

Result<std::pair<OwnSegment, UniqueFd>> make_segment(std::uint32_t ring_bytes) {
  const auto bytes = segment_bytes(ring_bytes);
  auto fd = make_memory_file();
  if (!fd) return std::unexpected(fd.error());
  if (auto reserved = reserve(fd->get(), bytes); !reserved) return std::unexpected(reserved.error());
  auto region = map(fd->get(), bip::read_write, bytes);
  if (!region) return std::unexpected(region.error());
  if (fcntl(fd->get(), F_ADD_SEALS, seals) != 0) return std::unexpected(errno_error("Cannot seal a link's memory"));
  void* start = (*region)->get_address();
  ::new (start) SegmentHead;
  return std::pair(OwnSegment{std::shared_ptr<void>(*region, start), ring_bytes}, std::move(*fd));
}

Result<PeerSegment> open_segment(int fd, std::uint32_t ring_bytes) {
  const auto bytes = segment_bytes(ring_bytes);
  if (auto checked = check_segment(fd, bytes); !checked) return std::unexpected(checked.error());
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
