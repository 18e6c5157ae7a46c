// What a renderer process says once, before any page's script runs in it, on the socket that it inherited: who it is,
// and one end of its link. All renderers of a zygote share that socket, so each closes its copy at once.
#pragma once

#include <cstdint>
#include <optional>

#include "mullion/base/error.hpp"
#include "mullion/base/unique_fd.hpp"

namespace mullion::cef {

struct Hello {
  std::int32_t child = 0;  // what Chromium calls the process: --renderer-client-id, and a part of its frames' names
  UniqueFd link{};
};

struct Heard {
  std::optional<Hello> hello{};  // nothing: there is none now, or it is not one
  UniqueFd stray{};              // what came with that
  bool again = false;            // there may be more now
  bool ended = false;            // nobody is left to say more
};

Result<> send_hello(int socket, Hello hello);
Heard receive_hello(int socket);

}  // namespace mullion::cef
