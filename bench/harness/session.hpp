// One round of one row, in the process that holds the clock.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "harness/clock.hpp"
#include "mullion/base/error.hpp"

namespace mullion::bench {

struct Row;

// How long a round is. What its first fifth measures is thrown away.
struct Length {
  std::uint64_t round_ns = 100'000'000;
  std::size_t least = 20;  // samples, however long they take
  std::size_t most = 100'000;
};

// What a round gave.
struct Outcome {
  std::vector<double> samples;   // nanoseconds for one operation
  std::uint64_t operations = 0;  // in all samples
  double memory_bytes = 0;       // for one object, in the rows that count it
};

// Collects the samples of a round. Either lap() after every operation, or start() and stop() around it, or add().
// Each returns false when the round has enough.
class Session {
 public:
  Session(const Row& row, Length length);

  const Row& row() const { return row_; }
  const Length& length() const { return length_; }

  void begin();  // the round, warm-up included, begins now: for what needs long to set up
  void start() { last_ = now_ns(); }
  bool stop() { return take(now_ns(), 1); }
  // The time since the last one, spread over so many operations.
  bool lap(std::uint64_t operations = 1) {
    const auto now = now_ns();
    const bool more = take(now, operations);
    last_ = now;
    return more;
  }
  bool add(double nanoseconds);  // measured elsewhere, warm-up and clock taken out there
  void set_memory(double bytes_each) { outcome_.memory_bytes = bytes_each; }

  void take_over(Outcome outcome);  // the round was held in another process

  const Outcome& outcome() const;

 private:
  bool take(std::uint64_t now, std::uint64_t operations);

  const Row& row_;
  Length length_;
  double clock_ns_;
  std::uint64_t warm_ = 0;  // until then nothing counts
  std::uint64_t end_ = 0;
  std::uint64_t last_ = 0;
  std::size_t count_ = 0;
  mutable Outcome outcome_;
};

Error wrong_bytes(std::string_view where);  // what arrived is not what was sent

// From the process that measures to the one that reports, through a file that both have open.
void write_outcome(int fd, const Result<Outcome>& outcome);
Result<Outcome> read_outcome(int fd);

}  // namespace mullion::bench
