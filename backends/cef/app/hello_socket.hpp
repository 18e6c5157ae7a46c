// Where a renderer finds the way to main: before Chromium's sandbox closes, the process that it is forked from
// connects.
#pragma once

#include <optional>
#include <string_view>

#include "mullion/base/unique_fd.hpp"

namespace mullion::cef {

// Chromium's word for the process that this command line is of; "" when it is not one of Chromium's children.
std::string_view process_type(int argc, char** argv);

// Once, first thing: tells main of this process where CEF does not (app/announce.hpp).
// The connected socket, empty where this process brings no renderers or main cannot be reached. Nothing: this is no
// child of a Mullion program's Chromium.
std::optional<UniqueFd> connect_hello(int argc, char** argv);

}  // namespace mullion::cef
