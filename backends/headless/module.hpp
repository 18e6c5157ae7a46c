// The engine's module, loaded only by a process that shows a page: libmullion-headless-page.so.
#pragma once

#include <memory>

#include "mullion/backend.hpp"

namespace mullion::headless {

inline constexpr const char* module_file = "libmullion-headless-page.so";
inline constexpr const char* module_version_symbol = "mullion_headless_version";  // const char[], as the program's own
inline constexpr const char* module_entry = "mullion_headless_make_renderer";

// The entry's type.
using MakeRenderer = void(backend::RendererHost& host, Result<std::unique_ptr<backend::Renderer>>& made);

}  // namespace mullion::headless
