// Errors are values: every call of Mullion that can fail returns Result<T>.
#pragma once

#include <cerrno>
#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>

namespace mullion {

class Value;  // ipc/value.hpp

// What the caller can do about a failure. The kind is for code, the message for people.
enum class Kind : std::uint8_t {
  failed,         // it was tried and did not work; trying again unchanged will not help
  overloaded,     // a bound is used up; wait for room and try again
  disconnected,   // the other side, or the object named, is gone
  denied,         // not permitted; the message names the permission that is missing
  unimplemented,  // the other side does not know this
  invalid,        // the arguments are wrong; the message names the offender
};

std::string_view to_string(Kind kind);

// `code` is stable and short ("ENOENT", "destroyed", "schema-mismatch"); `message` names the offender and the fix;
// `data` is what the failing side attached for code to read, or null.
struct Error {
  Kind kind = Kind::failed;
  std::string code{};
  std::string message{};
  std::shared_ptr<const Value> data{};
};

template <class T = void>
using Result = std::expected<T, Error>;

// The error of a failed system call: code is errno's name ("EMFILE"), message is `what` and errno's text.
Error errno_error(std::string_view what, int error = errno);

}  // namespace mullion
