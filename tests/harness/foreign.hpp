// A process that main did not start: it inherits a socket, closes the sandbox behind itself, makes a socket pair there,
// and hands one end over, as Chromium's renderers do.
//
//   const Foreign foreign("shouts");                        // the script that it runs once main has adopted it
//   auto id = broker.adopt(foreign.take_end(), {.link = {.sandboxed = true}}, events);
#pragma once

#include <sys/types.h>

#include <string_view>

#include "mullion/base/unique_fd.hpp"

namespace mullion::harness {

class Foreign {
 public:
  enum class Parent {
    us,  // its exit code can be seen
    other,
  };
  explicit Foreign(std::string_view script, Parent parent = Parent::us);
  ~Foreign();  // kills and reaps it
  Foreign(const Foreign&) = delete;
  Foreign& operator=(const Foreign&) = delete;

  UniqueFd take_end();                // waits for it; empty when none came
  pid_t pid() const { return pid_; }  // of our child: the process, or its parent
  int join();                         // waits for our child's end; its status as of waitpid

 private:
  pid_t pid_ = 0;
  UniqueFd socket_;
};

}  // namespace mullion::harness
