// The program's own libuv loop, as tests of attached Loops have it.
#pragma once

#include <doctest/doctest.h>
#include <uv.h>

namespace base {

class UvLoop {
 public:
  UvLoop() { REQUIRE(uv_loop_init(&loop_) == 0); }
  UvLoop(const UvLoop&) = delete;
  UvLoop& operator=(const UvLoop&) = delete;
  ~UvLoop() {
    uv_run(&loop_, UV_RUN_DEFAULT);
    CHECK(uv_loop_close(&loop_) == 0);
  }
  uv_loop_t* get() { return &loop_; }

 private:
  uv_loop_t loop_;
};

}  // namespace base
