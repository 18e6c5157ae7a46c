#include "mullion/base/error.hpp"

#include <cstring>

namespace mullion {

std::string_view to_string(Kind kind) {
  switch (kind) {
    case Kind::failed: return "failed";
    case Kind::overloaded: return "overloaded";
    case Kind::disconnected: return "disconnected";
    case Kind::denied: return "denied";
    case Kind::unimplemented: return "unimplemented";
    case Kind::invalid: return "invalid";
  }
  return "failed";
}

Error errno_error(std::string_view what, int error) {
  const char* name = strerrorname_np(error);
  const char* text = strerrordesc_np(error);
  Error result{.kind = Kind::failed, .code = name ? name : "E" + std::to_string(error), .message = std::string(what)};
  result.message += ": ";
  result.message += text ? text : "unknown error " + std::to_string(error);
  return result;
}

}  // namespace mullion
