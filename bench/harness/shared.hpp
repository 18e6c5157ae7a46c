// Memory that two processes of the suite share.
#pragma once

#include <cstddef>

#include "mullion/base/error.hpp"
#include "mullion/base/unique_fd.hpp"

namespace mullion::bench {

// A mapping of a whole memfd, its pages present.
class Memory {
 public:
  static Result<Memory> create(std::size_t size);
  static Result<Memory> open(UniqueFd fd, std::size_t size);
  Memory(Memory&& other) noexcept;
  Memory& operator=(Memory&&) = delete;
  ~Memory();

  int fd() const { return fd_.get(); }
  template <class T>
  T& as() const {
    return *static_cast<T*>(address_);
  }

 private:
  Memory(UniqueFd fd, void* address, std::size_t size) : fd_(std::move(fd)), address_(address), size_(size) {}
  UniqueFd fd_;
  void* address_;
  std::size_t size_;
};

}  // namespace mullion::bench
