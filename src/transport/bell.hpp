// How one side wakes the other's loop.
#pragma once

namespace mullion::transport {

class Bell {
 public:
  virtual ~Bell() = default;
  virtual void ring() = 0;  // never blocks; failing is no error, the socket tells of the peer's end
};

}  // namespace mullion::transport
