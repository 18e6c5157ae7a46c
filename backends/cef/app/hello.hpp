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

Result<> send_hello(int socket, Hello hello);
// Nothing: there is none (now), or it is not one. `ended` tells that nobody is left to say more.
std::optional<Hello> receive_hello(int socket, bool& ended);

}  // namespace mullion::cef
