// A payload in parts, taken from the front.
#pragma once

#include <cstddef>
#include <span>

#include "mullion/transport/link.hpp"
#include "transport/copy.hpp"

namespace mullion::transport {

// Borrows the parts and the bytes.
class Gather {
 public:
  explicit Gather(std::span<const Bytes> parts) : parts_(parts) {
    for (Bytes part : parts) left_ += part.size();
  }

  std::size_t left() const { return left_; }

  // `bytes` is at most left().
  void take(std::byte* to, std::size_t bytes) {
    left_ -= bytes;
    while (bytes > 0) {
      const Bytes part = parts_.front().subspan(done_);
      const auto now = part.size() < bytes ? part.size() : bytes;
      copy_bytes(to, part.data(), now);
      to += now;
      bytes -= now;
      done_ += now;
      if (done_ == parts_.front().size()) next();
    }
  }

 private:
  void next() {
    parts_ = parts_.subspan(1);
    done_ = 0;
  }

  std::span<const Bytes> parts_;
  std::size_t done_ = 0;  // of the first part
  std::size_t left_ = 0;
};

}  // namespace mullion::transport
