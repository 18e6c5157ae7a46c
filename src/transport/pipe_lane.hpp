// Records over a stream socket, where shared memory cannot be had.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "mullion/base/loop.hpp"
#include "transport/assembly.hpp"
#include "transport/lane.hpp"
#include "transport/owner.hpp"

namespace mullion::transport {

// Both ends of the second socket: for this side, and for the peer.
Result<std::pair<UniqueFd, UniqueFd>> make_pipe();
// `invalid`: what the peer sent is not a socket of that kind.
Result<> check_pipe(int fd);

class PipeLane final : public Lane {
 public:
  PipeLane(UniqueFd socket, std::size_t message_limit, Owner& owner);
  ~PipeLane() override;

  Result<> watch(Loop& loop);

  Medium medium() const override { return Medium::pipe; }
  bool put(const RecordHeader& header, Gather& payload, std::uint8_t fds) override;
  void publish() override;
  bool want_room() override;
  void room_found() override { wants_ = false; }
  bool sent() const override { return unsent() == 0; }

  Next next() override;
  const RecordHeader& header() const override { return assembly_.header(); }
  Bytes payload() const override { return assembly_.payload(); }
  std::uint8_t fds() const override { return assembly_.fds(); }
  void pop() override;
  void pause(bool paused) override;
  const char* lie() const override { return lie_; }
  bool short_of_memory() const override { return assembly_.short_of_memory(); }
  bool doze() override { return !wants_ || blocked_; }
  void awake() override { blocked_ = false; }  // without a loop nobody says that there is room: look
  void sleep(std::uint64_t nanoseconds, int socket, std::uint32_t packets) override;
  void close() override;

 private:
  bool append(const RecordHeader& header, Gather& payload, std::uint8_t fds);
  Next whole() const { return assembly_.fds() == 0 ? Next::message : Next::laden; }
  std::size_t unsent() const { return out_.size() - sent_; }
  bool fill();
  Next take();
  Next refuse(const char* why);
  void rewatch();

  UniqueFd socket_;
  FdWatch watch_;
  Owner& owner_;
  Assembly assembly_;
  std::vector<std::byte> out_;
  std::size_t sent_ = 0;
  std::uint64_t written_ = 0;  // positions in the two streams
  std::uint64_t read_ = 0;
  std::unique_ptr<std::byte[]> in_;
  std::size_t begin_ = 0;  // of what was received and not taken
  std::size_t end_ = 0;
  bool blocked_ = false;  // the socket takes no more for now
  bool wants_ = false;
  bool ended_ = false;
  bool paused_ = false;
  bool whole_ = false;
  const char* lie_ = nullptr;
};

}  // namespace mullion::transport
