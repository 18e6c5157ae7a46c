// Messages from the records that carry them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "transport/record.hpp"

namespace mullion::transport {

// Gives every record's payload its place in private memory and says when a message is whole. What a peer announces is
// checked against the limit before anything is set aside for it.
class Assembly {
 public:
  Assembly(std::uint32_t longest_record, std::size_t message_limit);
  ~Assembly() { drop(); }
  Assembly(const Assembly&) = delete;
  Assembly& operator=(const Assembly&) = delete;

  // Where this record's payload goes; null if the record lies about its message.
  std::byte* place(const RecordHead& head);
  // After the payload was copied there. True: the message is whole, until drop().
  bool add(const RecordHead& head);
  void drop();  // the message was used

  const RecordHeader& header() const { return header_; }
  Bytes payload() const { return payload_; }
  std::uint8_t fds() const { return fds_; }  // that the message brings
  const char* lie() const { return lie_; }
  bool short_of_memory() const { return short_of_memory_; }

 private:
  using Buffer = std::unique_ptr<std::byte[]>;

  bool is_plain(const RecordHead& head) const;
  std::byte* begin_plain(const RecordHead& head);
  bool begin(const RecordHead& head);
  bool make_room();
  std::byte* room() const { return long_ ? message_.get() : record_.get(); }
  bool continues(const RecordHead& head) const;
  std::byte* refuse(const char* why);

  std::uint32_t longest_record_;
  std::size_t limit_;
  Buffer record_;   // for a message that is one record
  Buffer message_;  // for a longer one
  std::size_t message_room_ = 0;
  std::size_t total_ = 0;
  std::size_t have_ = 0;
  bool long_ = false;
  std::uint8_t fds_ = 0;
  RecordHeader header_;
  Bytes payload_;
  const char* lie_ = nullptr;
  bool short_of_memory_ = false;
};

}  // namespace mullion::transport
