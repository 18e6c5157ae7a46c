// Records that wait for room.
#pragma once

#include <cstddef>
#include <deque>
#include <memory>

#include "transport/lane.hpp"

namespace mullion::transport {

class OutQueue {
 public:
  OutQueue(std::size_t bytes, std::size_t records) : max_bytes_(bytes), max_records_(records) {}

  bool empty() const { return waiting_.empty(); }
  bool admits(std::size_t bytes) const;  // an empty queue takes one record of any size
  bool push(const RecordHeader& header, Gather& payload);  // copies what is left. False: there is no memory
  bool put_into(Lane& lane);                               // as much as fits. True: all
  bool relaxed() const { return bytes_ <= max_bytes_ / 2 && waiting_.size() <= max_records_ / 2; }
  std::size_t bytes() const { return bytes_; }
  std::size_t records() const { return waiting_.size(); }
  std::size_t longest() const;
  void clear();

 private:
  struct Waiting {
    RecordHeader header;
    std::unique_ptr<std::byte[]> bytes;
    std::size_t size;
    std::size_t done = 0;
  };

  bool put_first(Lane& lane);

  std::size_t max_bytes_;
  std::size_t max_records_;
  std::size_t bytes_ = 0;
  std::deque<Waiting> waiting_;
};

}  // namespace mullion::transport
