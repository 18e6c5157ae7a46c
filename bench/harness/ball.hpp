// What is played back and forth: 64 bytes, every one of them written and read at both ends.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace mullion::bench {

struct Ball {
  std::uint64_t words[8];
};
static_assert(sizeof(Ball) == 64);

inline std::uint64_t word_of(std::uint64_t turn, unsigned place) { return turn + place * 0x9e3779b97f4a7c15; }

inline Ball serve(std::uint64_t turn) {
  Ball ball;
  for (unsigned i = 0; i < 8; ++i) ball.words[i] = word_of(turn, i);
  return ball;
}

inline void strike(Ball& ball) {
  for (auto& word : ball.words) ++word;
}

// Whether this is serve(turn), struck so many times.
inline bool is_ball(const Ball& ball, std::uint64_t turn, std::uint64_t strikes) {
  bool same = true;
  for (unsigned i = 0; i < 8; ++i) same &= ball.words[i] == word_of(turn, i) + strikes;
  return same;
}

inline std::span<const std::byte> bytes_of(const Ball& ball) { return std::as_bytes(std::span(&ball, 1)); }

inline bool read_ball(std::span<const std::byte> bytes, Ball& ball) {
  if (bytes.size() != sizeof ball) return false;
  std::memcpy(&ball, bytes.data(), sizeof ball);
  return true;
}

}  // namespace mullion::bench
