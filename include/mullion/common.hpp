// What every role shares: the role objects' names, the program's entries, values, ports, channels, tasks and errors.
// It declares the role objects and no more, so that one file may list every entry.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "mullion/base/error.hpp"
#include "mullion/base/task.hpp"
#include "mullion/ipc/channel.hpp"
#include "mullion/ipc/port.hpp"
#include "mullion/ipc/value.hpp"

namespace mullion {

namespace main {
class App;
}
namespace renderer {
class Page;
}
namespace preload {
class Context;
}
namespace utility {
class Process;
}
namespace backend {
class Backend;
}

// An entry that main names when it makes a window: BrowserWindowOptions::web_preferences.preload.
// It ends before the page's first script.
struct PreloadEntry {
  std::string name;
  std::function<Result<>(preload::Context&)> entry;
};

// An entry that main names in UtilityProcess::fork. The process ends when its task does: with 0, or with 1 and a line
// on stderr when it returns an error.
struct UtilityEntry {
  std::string name;
  std::function<Task<Result<>>(utility::Process&)> entry;
};

// One executable, every role.
//
//   int main(int argc, char** argv) {
//     return mullion::run(argc, argv, {.main = start, .preloads = {{"bridge", bridge}}, .backends =
//     {headless::backend()}});
//   }
struct Program {
  // Runs when the app is ready. An error that it returns is printed as one sentence and ends the program with 1.
  std::function<Task<Result<>>(main::App&)> main{};
  std::vector<PreloadEntry> preloads{};
  std::vector<UtilityEntry> utilities{};
  std::vector<std::shared_ptr<const backend::Backend>> backends{};  // the first is what windows use unless told
};

// The whole of main(): runs the role that the command line names, main when it names none, and returns the exit code.
// The same executable is started again for each child with --mullion-role=; what stands before is not run there twice.
// In each of these processes malloc keeps up to 16 MiB that was freed, which spares long messages their page faults.
int run(int argc, char** argv, Program program);

// Prints the error as one sentence on stderr and returns 1, for `return report(error)` in main().
int report(const Error& error);

}  // namespace mullion
