// Child programs of a test: named functions that the test's own executable runs when it is started again with
// --mullion-test-node=NAME.
//
//   MULLION_TEST_PROGRAM(exits_with_three) { return 3; }        // argc and argv are its own
//   ... harness::program("exits_with_three") is the argument that starts it
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace mullion::harness {

using Program = int (*)(int argc, char** argv);

inline constexpr std::string_view program_switch = "--mullion-test-node=";

inline std::map<std::string, Program, std::less<>>& programs() {
  static std::map<std::string, Program, std::less<>> all;
  return all;
}

struct RegisterProgram {
  RegisterProgram(const char* name, Program program) { programs().emplace(name, program); }
};

inline std::string program(std::string_view name) { return std::string(program_switch).append(name); }

// The exit code of the program that the command line names; nothing when it names none.
inline std::optional<int> run_named_program(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    std::string_view argument = argv[i];
    if (!argument.starts_with(program_switch)) continue;
    const auto found = programs().find(argument.substr(program_switch.size()));
    return found == programs().end() ? 125 : found->second(argc, argv);
  }
  return std::nullopt;
}

}  // namespace mullion::harness

#define MULLION_TEST_PROGRAM(name)                                                                  \
  static int mullion_program_##name(int argc, char** argv);                                         \
  static const mullion::harness::RegisterProgram mullion_register_##name(#name, mullion_program_##name); \
  static int mullion_program_##name([[maybe_unused]] int argc, [[maybe_unused]] char** argv)
