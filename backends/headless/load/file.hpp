// Reading a file for a page, in whichever process may.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "headless/load/net_error.hpp"

namespace mullion::headless {

inline constexpr std::size_t max_file_bytes = std::size_t{512} << 20;

struct FilePart {
  std::vector<std::byte> bytes{};
  std::uint64_t size = 0;  // of the whole file
};

// The path after symbolic links are followed.
std::expected<std::string, NetError> real_path(const std::string& path);

// Whether a document at `reader` may read the file at `path`: it lies in the document's folder or below. Symbolic links
// inside the folder may point out of it, so both are compared after following them. Gives the real path.
std::expected<std::string, NetError> path_below(const std::string& path, const std::string& reader);

// At most `most` bytes from there, of a regular file up to max_file_bytes. `path` was followed: a link in its last
// place is refused.
std::expected<FilePart, NetError> read_part(const std::string& path, std::uint64_t from, std::size_t most);

}  // namespace mullion::headless
