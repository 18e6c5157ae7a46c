// Where a schedule's decisions come from: the same numbers on every machine (splitmix64), or bytes that a fuzzer found.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace mullion::node::core::model {

class Choice {
 public:
  explicit Choice(std::uint64_t seed) : state_(seed) {}
  explicit Choice(std::span<const std::byte> script) : script_(script), scripted_(true) {}

  // A script that has been read to its end says 0 for ever.
  std::uint64_t next() {
    if (!scripted_) return random();
    std::uint64_t word = 0;
    for (int i = 0; i < 2 && !script_.empty(); ++i, script_ = script_.subspan(1)) {
      word = word << 8 | static_cast<std::uint64_t>(script_[0]);
    }
    return word;
  }
  std::size_t below(std::size_t bound) { return bound > 1 ? next() % bound : 0; }
  bool one_in(std::size_t n) { return below(n) == 0; }
  bool over() const { return scripted_ && script_.empty(); }

 private:
  std::uint64_t random() {
    std::uint64_t z = state_ += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
  }

  std::uint64_t state_ = 0;
  std::span<const std::byte> script_{};
  bool scripted_ = false;
};

}  // namespace mullion::node::core::model
