// A child's own half of its isolation: what it does to itself before its first untrusted byte. Private.
//
// A process that has to load its engine first closes the door in two steps: between them it may read and run files, and
// nothing else. No thread may have been started before the first.
#pragma once

#include <sys/types.h>

#include "mullion/base/error.hpp"
#include "mullion/base/unique_fd.hpp"
#include "mullion/process/isolation.hpp"

namespace mullion {
class Loop;
struct Program;
namespace node {
class ChildNode;
}
}  // namespace mullion

namespace mullion::process {

// What run() does in a child: its exit code.
struct Isolating;
using ChildRole = int (*)(Loop& loop, node::ChildNode& child, const Program& program, Isolating isolating);

// Between the two steps.
struct Isolating {
  IsolationReport report{};  // nothing in a child that is `same_user`
  UniqueFd system_calls{};   // write_system_calls(), or empty
};

// By the word of whoever started us: --mullion-isolation= and its namespaces, --mullion-system-calls= and a descriptor.
// Without the first neither step does anything.
Result<Isolating> begin_isolation(int argc, char** argv);
Result<> finish_isolation(Isolating& isolating);

// The list of system calls as the kernel reads it, in a sealed file: main makes it once, which takes libseccomp longer
// than the rest of a child's isolation takes. It is for the second process of a pid namespace. Empty when it cannot be
// had: a child that is given none makes its own.
UniqueFd write_system_calls();

// ---- the measures, each for ever ----

// Layers add up: what one forbids no later one allows. Of this thread and those that it will start.
enum class Files : std::uint8_t { read_only, none };
struct Landlocked {
  bool files = false, network = false, scope = false;
};
Landlocked restrict_landlock(Files files);

inline constexpr pid_t second_process = 2;  // a child's pid in a pid namespace of its own

// The list of system calls that a child may make, for all threads. `written` is what write_system_calls() gave, for
// whom it is for; -1: it is made here.
Result<> restrict_system_calls(int written);

}  // namespace mullion::process
