// Takes a fuzzer's bytes apart: numbers, choices, pieces. After the last byte all numbers are 0.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace mullion::fuzz {

using Bytes = std::span<const std::byte>;

class Feed {
 public:
  explicit Feed(Bytes bytes) : bytes_(bytes) {}

  bool empty() const { return bytes_.empty(); }
  std::size_t left() const { return bytes_.size(); }
  template <class T>
  T number() {
    T value{};
    const Bytes some = piece(sizeof value);
    std::memcpy(static_cast<void*>(&value), some.data(), some.size());
    return value;
  }
  std::uint8_t byte() { return number<std::uint8_t>(); }
  std::uint32_t below(std::uint32_t count) { return number<std::uint8_t>() % count; }
  Bytes piece(std::size_t size) {
    const Bytes some = bytes_.first(std::min(size, bytes_.size()));
    bytes_ = bytes_.subspan(some.size());
    return some;
  }
  Bytes rest() { return piece(bytes_.size()); }

 private:
  Bytes bytes_;
};

}  // namespace mullion::fuzz
