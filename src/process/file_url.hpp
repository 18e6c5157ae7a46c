// Between paths and file: URLs.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace mullion::process {

// The file: URL of a path; a relative path is taken from the working directory.
std::string file_url(std::string_view path);

// The path of a file: URL without host, query and fragment; nothing for other URLs and for wrong escapes.
std::optional<std::string> file_path(std::string_view url);

// The folder of the page at this URL: of its file, or the working directory for other schemes. Ends with '/'.
std::string page_folder(std::string_view url);

}  // namespace mullion::process
