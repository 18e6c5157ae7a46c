// One descriptor in a libuv loop of its own.
#pragma once

#include <uv.h>

#include <functional>

#include "mullion/base/error.hpp"

namespace mullion::bench {

// Calls back whenever the descriptor is readable, until stop().
class UvEnd {
 public:
  explicit UvEnd(int fd) {
    uv_loop_init(&loop_);
    uv_poll_init(&loop_, &poll_, fd);
    poll_.data = this;
  }
  ~UvEnd() {
    uv_close(reinterpret_cast<uv_handle_t*>(&poll_), nullptr);
    uv_run(&loop_, UV_RUN_DEFAULT);
    uv_loop_close(&loop_);
  }
  UvEnd(const UvEnd&) = delete;
  UvEnd& operator=(const UvEnd&) = delete;

  Result<> run(std::move_only_function<void()> on_readable) {
    on_readable_ = std::move(on_readable);
    if (int error = uv_poll_start(&poll_, UV_READABLE,
                                  [](uv_poll_t* poll, int, int) { static_cast<UvEnd*>(poll->data)->on_readable_(); }))
      return std::unexpected(errno_error("uv_poll_start", -error));
    uv_run(&loop_, UV_RUN_DEFAULT);
    return result_;
  }
  void stop(Result<> result = {}) {
    result_ = std::move(result);
    uv_stop(&loop_);
  }

 private:
  uv_loop_t loop_;
  uv_poll_t poll_;
  std::move_only_function<void()> on_readable_;
  Result<> result_;
};

}  // namespace mullion::bench
