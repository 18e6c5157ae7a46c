// The watches of an embedded Loop: an epoll that holds them, and libuv's epoll among them.
#pragma once

#include <cstdint>
#include <memory>
#include <unordered_map>

#include "mullion/base/error.hpp"
#include "mullion/base/unique_fd.hpp"

namespace mullion::detail {

struct OwnWatch;

class OwnWatches {
 public:
  static Result<std::unique_ptr<OwnWatches>> create(int backend);  // libuv's

  int fd() const { return epoll_.get(); }
  // Watches for what epoll calls these events, or for nothing. 0, or a negative errno as libuv gives it.
  int set(const std::shared_ptr<OwnWatch>& watch, std::uint32_t events);
  // Waits so many milliseconds (-1: without end) for something to report, and reports it.
  void report(int timeout_ms);

 private:
  explicit OwnWatches(UniqueFd epoll) : epoll_(std::move(epoll)) {}

  UniqueFd epoll_;
  std::uint64_t last_key_ = 0;                                            // 0 is libuv's
  std::unordered_map<std::uint64_t, std::shared_ptr<OwnWatch>> watches_;  // those that are in the epoll
};

}  // namespace mullion::detail
