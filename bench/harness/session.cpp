#include "harness/session.hpp"

#include <unistd.h>

#include <algorithm>

namespace mullion::bench {
namespace {

constexpr std::uint64_t warm_up_part = 5;

struct Head {
  std::uint64_t written = 0;  // 1 in front of an outcome, 2 in front of an error's text
  std::uint64_t count = 0;    // of samples, or bytes of text
  std::uint64_t operations = 0;
  double memory_bytes = 0;
};

void write_all(int fd, const void* bytes, std::size_t size) {
  auto* at = static_cast<const char*>(bytes);
  while (size > 0) {
    const auto written = write(fd, at, size);
    if (written <= 0) return;
    at += written;
    size -= static_cast<std::size_t>(written);
  }
}

bool read_all(int fd, void* bytes, std::size_t size, off_t from) {
  auto* at = static_cast<char*>(bytes);
  while (size > 0) {
    const auto got = pread(fd, at, size, from);
    if (got <= 0) return false;
    at += got;
    from += got;
    size -= static_cast<std::size_t>(got);
  }
  return true;
}

}  // namespace

double clock_cost_ns() {
  std::vector<std::uint64_t> costs(1001);
  for (auto& cost : costs) {
    constexpr int times = 16;
    const auto start = now_ns();
    for (int i = 0; i < times; ++i) (void)now_ns();
    cost = (now_ns() - start) * 1000 / (times + 1);
  }
  std::nth_element(costs.begin(), costs.begin() + 500, costs.end());
  return static_cast<double>(costs[500]) / 1000;
}

Session::Session(const Row& row, Length length) : row_(row), length_(length), clock_ns_(clock_cost_ns()) {
  outcome_.samples.resize(length.most);
  begin();
}

void Session::begin() {
  warm_ = now_ns() + length_.round_ns / warm_up_part;
  end_ = now_ns() + length_.round_ns;
}

bool Session::take(std::uint64_t now, std::uint64_t operations) {
  if (now < warm_ || last_ == 0) return true;
  const auto spent = std::max(0.0, static_cast<double>(now - last_) - clock_ns_);
  outcome_.samples[count_++] = spent / static_cast<double>(operations);
  outcome_.operations += operations;
  return count_ < length_.least || (count_ < length_.most && now < end_);
}

bool Session::add(double nanoseconds) {
  outcome_.samples[count_++] = nanoseconds;
  ++outcome_.operations;
  return count_ < length_.most;
}

void Session::take_over(Outcome outcome) {
  count_ = outcome.samples.size();
  outcome_ = std::move(outcome);
}

const Outcome& Session::outcome() const {
  outcome_.samples.resize(count_);
  return outcome_;
}

Error wrong_bytes(std::string_view where) {
  return {.kind = Kind::failed,
          .code = "bytes",
          .message = "What arrived at " + std::string(where) + " is not what was sent."};
}

void write_outcome(int fd, const Result<Outcome>& outcome) {
  if (!outcome) {
    const Head head{.written = 2, .count = outcome.error().message.size()};
    write_all(fd, &head, sizeof head);
    return write_all(fd, outcome.error().message.data(), head.count);
  }
  const Head head{1, outcome->samples.size(), outcome->operations, outcome->memory_bytes};
  write_all(fd, &head, sizeof head);
  write_all(fd, outcome->samples.data(), head.count * sizeof(double));
}

Result<Outcome> read_outcome(int fd) {
  Head head;
  if (!read_all(fd, &head, sizeof head, 0)) return std::unexpected(Error{.message = "it ended without a result"});
  if (head.written == 2) {
    std::string text(head.count, ' ');
    (void)read_all(fd, text.data(), text.size(), sizeof head);
    return std::unexpected(Error{.message = text});
  }
  Outcome outcome{std::vector<double>(head.count), head.operations, head.memory_bytes};
  if (!read_all(fd, outcome.samples.data(), head.count * sizeof(double), sizeof head))
    return std::unexpected(Error{.message = "its result was cut short"});
  if (outcome.samples.empty()) return std::unexpected(Error{.message = "it measured nothing"});
  return outcome;
}

}  // namespace mullion::bench
