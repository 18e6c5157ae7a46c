// The module of this backend: what links libcef. Loaded by main when it makes its first window, and by Chromium's own
// processes.
#pragma once

#include <memory>

#include "mullion/backend.hpp"
#include "mullion/backends/cef.hpp"

namespace mullion::cef {

inline constexpr const char* module_file = "libmullion-cef-module.so";
inline constexpr const char* module_version_symbol = "mullion_cef_version";  // const char[], as the program's own
inline constexpr const char* module_factory = "mullion_cef_create_factory";
inline constexpr const char* module_process = "mullion_cef_run_process";

// Names the socket on which renderers say hello, in the environment of Chromium's processes (app/hello.hpp).
inline constexpr const char* hello_variable = "MULLION_CEF_HELLO";
// And the one on which the others announce themselves (app/announce.hpp).
inline constexpr const char* children_variable = "MULLION_CEF_CHILDREN";

// The entries' types. `hello` is a socket that is connected there, or -1: it is closed by the entry.
using CreateFactory = void(backend::FactoryHost& host, const Options& options,
                           Result<std::unique_ptr<backend::ViewFactory>>& made);
using RunProcess = int(int argc, char** argv, backend::ProcessHost& host, int hello);

}  // namespace mullion::cef
