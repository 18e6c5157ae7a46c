// What a backend says of a page: main's listeners hear it as it is.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "mullion/base/log.hpp"
#include "mullion/base/rectangle.hpp"

namespace mullion::backend {

// Why a page could not be loaded, in Chromium's names and numbers: {-6, "ERR_FILE_NOT_FOUND", url}.
struct LoadFailure {
  int code = -2;
  std::string description = "ERR_FAILED";
  std::string url{};
};

struct ConsoleMessage {
  using Level = mullion::Level;
  Level level = Level::info;
  std::string message{};
  std::string source{};  // URL of the script, "" when unknown
  int line = 0;          // 1 is the first; 0 when unknown
};

// What an off-screen view has just drawn. Lines of 4 bytes a pixel (blue, green, red, alpha; colours are multiplied by
// alpha), from the top; the bytes are lent until the call returns.
struct Paint {
  Rectangle dirty{};  // what is new since the last, all else is as it was
  int width = 0;
  int height = 0;
  std::size_t stride = 0;  // from one line to the next, in bytes
  std::span<const std::byte> bytes{};
};

// What main's App::handle_app_protocol answers for an app: URL.
struct AppResource {
  std::vector<std::byte> bytes{};
  std::string mime_type{};
};

}  // namespace mullion::backend
