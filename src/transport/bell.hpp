// How one side wakes the other's loop.
#pragma once

namespace mullion::transport {

class Bell {
 public:
  virtual ~Bell() = default;
  // Never blocks. False: the kernel is short of something, and it rings by itself later, in a turn of the loop. That the
  // peer has gone is no error here, the socket tells of it.
  virtual bool ring() = 0;
};

}  // namespace mullion::transport
