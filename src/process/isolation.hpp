// A child's own half of its isolation: what it does to itself before its first untrusted byte. Private.
//
// A process that has to load its engine first closes the door in two steps: between them it may read and run files, and
// nothing else. No thread may have been started before the first.
#pragma once

#include <optional>
#include <string_view>

#include "mullion/base/error.hpp"
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
using ChildRole = int (*)(Loop& loop, node::ChildNode& child, const Program& program, IsolationReport& isolation);

// `namespaces` is --mullion-isolation='s value, the word of whoever started us; none: a child that is `same_user`, to
// which neither does anything.
Result<IsolationReport> begin_isolation(std::optional<std::string_view> namespaces);
Result<> finish_isolation(IsolationReport& report);

// ---- the measures, each for ever ----

// Layers add up: what one forbids no later one allows. Of this thread and those that it will start.
enum class Files : std::uint8_t { read_only, none };
struct Landlocked {
  bool files = false, network = false, scope = false;
};
Landlocked restrict_landlock(Files files);

// The list of system calls that a child may make, for all threads.
Result<> restrict_system_calls();

}  // namespace mullion::process
