// Records that wait for room.
#pragma once

#include <cstddef>
#include <deque>
#include <memory>

#include "transport/descriptors.hpp"
#include "transport/lane.hpp"

namespace mullion::transport {

class OutQueue {
 public:
  OutQueue(std::size_t bytes, std::size_t records) : max_bytes_(bytes), max_records_(records) {}

  bool empty() const { return waiting_.empty(); }
  // An empty queue takes one record of any size.
  bool admits(std::size_t bytes, std::size_t fds = 0) const;
  // Copies what is left and takes the descriptors. False: there is no memory.
  bool push(const RecordHeader& header, Gather& payload, std::span<UniqueFd> fds = {});
  bool put_into(Lane& lane, DescriptorGate& gate);    // as much as fits. True: all
  bool waits_at_gate() const { return at_gate_; }     // not the lane held up the first of the rest
  bool relaxed() const;  // at most half of what may wait does
  std::size_t bytes() const { return bytes_; }
  std::size_t records() const { return waiting_.size(); }
  std::size_t longest() const;
  void clear();

 private:
  struct Waiting {
    RecordHeader header;
    std::unique_ptr<std::byte[]> bytes;
    std::size_t size;
    std::vector<UniqueFd> fds;
    std::size_t done = 0;
    std::uint8_t sent_fds = 0;  // that the lane has not been told of
  };

  bool put_first(Lane& lane, DescriptorGate& gate);
  bool send_fds(Waiting& record, DescriptorGate& gate);

  std::size_t max_bytes_;
  std::size_t max_records_;
  std::size_t bytes_ = 0;
  std::size_t fds_ = 0;
  bool at_gate_ = false;
  std::deque<Waiting> waiting_;
};

}  // namespace mullion::transport
