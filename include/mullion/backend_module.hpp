// For backends whose engine stands in a module of its own: a shared library that only the processes that show a page
// load. An engine's libraries cost every process that is linked with them tens of milliseconds at its start.
#pragma once

#include <string>
#include <string_view>

#include "mullion/base/error.hpp"

namespace mullion::backend {

// A module and where it is looked for. It exchanges C++ objects with the program, so it must be of the program's own
// version: it says its version in a `const char[]` that has C's name.
//
//   constexpr ModuleName engine{.backend = "the text backend", .file = "libtext-engine.so", .folder = "/usr/lib/text",
//                               .version_symbol = "text_version", .version = "1.2"};
//   auto make = backend::module_function<MakeRenderer>(engine, "", "text_make_renderer");
struct ModuleName {
  const char* backend;  // for people
  const char* file;
  const char* folder;  // where it was built or installed to
  const char* version_symbol;
  const char* version;
};

// A function of that module, which is loaded now and stays until the process ends. `path` is the program's own wish,
// and then the only place; "" looks, in this order, in the directory that the environment variable MULLION_MODULE_DIR
// names, in the folder, and in ../lib/mullion beside the executable's directory. `failed`, code "module": the message
// says what was looked for, or what is wrong with it.
Result<void*> find_module_function(const ModuleName& module, std::string_view path, const char* function);

template <class F>
Result<F*> module_function(const ModuleName& module, std::string_view path, const char* function) {
  auto found = find_module_function(module, path, function);
  if (!found) return std::unexpected(std::move(found).error());
  return reinterpret_cast<F*>(*found);
}

}  // namespace mullion::backend
