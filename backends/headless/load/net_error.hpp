// Why something could not be loaded, in Chromium's names and numbers.
#pragma once

#include <string_view>

namespace mullion::headless {

struct NetError {
  int code;
  std::string_view name;
  friend bool operator==(const NetError& a, const NetError& b) { return a.code == b.code; }
};

inline constexpr NetError err_failed{-2, "ERR_FAILED"};
inline constexpr NetError err_aborted{-3, "ERR_ABORTED"};
inline constexpr NetError err_file_not_found{-6, "ERR_FILE_NOT_FOUND"};
inline constexpr NetError err_file_too_big{-8, "ERR_FILE_TOO_BIG"};
inline constexpr NetError err_access_denied{-10, "ERR_ACCESS_DENIED"};
inline constexpr NetError err_file_path_too_long{-17, "ERR_FILE_PATH_TOO_LONG"};
inline constexpr NetError err_invalid_url{-300, "ERR_INVALID_URL"};
inline constexpr NetError err_disallowed_url_scheme{-301, "ERR_DISALLOWED_URL_SCHEME"};  // http:, https:, ...
inline constexpr NetError err_unknown_url_scheme{-302, "ERR_UNKNOWN_URL_SCHEME"};

}  // namespace mullion::headless
