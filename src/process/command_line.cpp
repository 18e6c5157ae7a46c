#include "process/command_line.hpp"

namespace mullion::process {

std::optional<std::string_view> switch_value(int argc, char** argv, std::string_view name) {
  for (int i = 1; i < argc; ++i) {
    std::string_view argument = argv[i];
    if (argument.starts_with(name) && argument.substr(name.size()).starts_with('='))
      return argument.substr(name.size() + 1);
  }
  return std::nullopt;
}

std::vector<std::string> program_arguments(int argc, char** argv) {
  std::vector<std::string> arguments;
  for (int i = 1; i < argc; ++i)
    if (!std::string_view(argv[i]).starts_with("--mullion-")) arguments.emplace_back(argv[i]);
  return arguments;
}

}  // namespace mullion::process
