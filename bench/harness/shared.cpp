#include "harness/shared.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <utility>

namespace mullion::bench {

Result<Memory> Memory::create(std::size_t size) {
  UniqueFd fd(memfd_create("bench", MFD_CLOEXEC));
  if (!fd || posix_fallocate(fd.get(), 0, static_cast<off_t>(size)) != 0)
    return std::unexpected(errno_error("Cannot make shared memory"));
  return open(std::move(fd), size);
}

Result<Memory> Memory::open(UniqueFd fd, std::size_t size) {
  void* address = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd.get(), 0);
  if (address == MAP_FAILED) return std::unexpected(errno_error("Cannot map shared memory"));
  return Memory(std::move(fd), address, size);
}

Memory::Memory(Memory&& other) noexcept
    : fd_(std::move(other.fd_)), address_(std::exchange(other.address_, nullptr)), size_(other.size_) {}

Memory::~Memory() {
  if (address_) munmap(address_, size_);
}

}  // namespace mullion::bench
