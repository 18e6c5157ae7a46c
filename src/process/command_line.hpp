// What a child's command line says. Only Mullion writes these switches; the program's own arguments pass untouched.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mullion/base/error.hpp"

namespace mullion::process {

// The value of `--name=value` in the command line, if it is there.
std::optional<std::string_view> switch_value(int argc, char** argv, std::string_view name);

// The arguments after the program's name, without Mullion's switches.
std::vector<std::string> program_arguments(int argc, char** argv);

}  // namespace mullion::process
