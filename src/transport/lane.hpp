// What carries a link's records, both ways. The core above it queues, delivers and closes.
#pragma once

#include <cstdint>
#include <string>

#include "mullion/transport/link.hpp"
#include "transport/gather.hpp"
#include "transport/owner.hpp"

namespace mullion::transport {

class Lane {
 public:
  enum class Next : std::uint8_t {
    nothing,
    part,     // of a message that is not whole yet
    message,  // header() and payload() are valid until pop()
    laden,    // the same, and it brings fds() descriptors
    lie,      // lie() says which
  };

  virtual ~Lane() = default;
  virtual Medium medium() const = 0;

  // Outgoing. put() takes as much of the payload as there is room for; true: all of it. Where it takes some, it has said
  // that the message brings so many descriptors.
  virtual bool put(const RecordHeader& header, Gather& payload, std::uint8_t fds) = 0;
  virtual void publish() = 0;    // makes visible what was put, and wakes the peer if it sleeps
  virtual bool want_room() = 0;  // after a put() that found none: asks to be woken. True: there is room already
  virtual void room_found() {}   // nothing waits any more
  virtual bool sent() const { return true; }  // what was put and published no longer needs this process

  // Incoming.
  virtual Next next() = 0;
  virtual const RecordHeader& header() const = 0;
  virtual Bytes payload() const = 0;
  virtual std::uint8_t fds() const = 0;
  virtual void pop() = 0;
  virtual void pause(bool) {}  // nobody takes messages for a while
  virtual const char* lie() const = 0;
  virtual bool short_of_memory() const { return false; }  // the lie is none: this side is at its end

  // Sleeping in a loop. doze() says to the peer that it must wake us; false: something has come meanwhile.
  virtual bool doze() { return true; }
  virtual void awake() {}  // it need not
  virtual bool can_spin() const { return false; }
  virtual bool glance() { return false; }             // looks for a moment. True: something has come
  virtual bool spin(std::uint64_t) { return false; }  // for so many nanoseconds

  // Sleeping in wait(): until something may have come, the time is up, or it is time to look at the socket, from which
  // so many packets have come.
  virtual void sleep(std::uint64_t nanoseconds, int socket, std::uint32_t packets) = 0;
  virtual void control_sent(std::uint32_t) {}  // that many packets went to the socket so far
  virtual bool control_waits(std::uint32_t) const { return true; }  // more than these came from the peer

  virtual std::uint64_t rung() const { return 0; }  // how often the peer was woken
  virtual std::size_t pool_bytes() const { return 0; }
  // A packet that is the lane's own. `invalid`: a lie. Descriptors that were not wanted stay in `fds`.
  virtual Result<> on_packet(PacketKind, Bytes, std::vector<UniqueFd>&) {
    return std::unexpected(protocol_error("A packet is not for this medium."));
  }
  virtual void close() {}
};

}  // namespace mullion::transport
