// What turns a loop from outside, as far as the loop must tell it something.
#pragma once

namespace mullion {

class Loop;

namespace detail {

class Driver {
 public:
  virtual void touched() = 0;            // timeout() may be sooner now; called between turns
  virtual void host_waits(bool so) = 0;  // the loop's thread sleeps for what the loop would bring it

 protected:
  ~Driver() = default;
};

}  // namespace detail

// While it lives, whoever drives the loop steps aside: its thread waits by itself. Loop thread.
class HostWaits {
 public:
  explicit HostWaits(Loop& loop);
  ~HostWaits();
  HostWaits(const HostWaits&) = delete;
  HostWaits& operator=(const HostWaits&) = delete;

 private:
  Loop& loop_;
  detail::Driver* told_;
};

}  // namespace mullion
