// How the small half of the headless backend, which every program links, finds the large one, which only renderer
// processes load.
#pragma once

#include <memory>

#include "mullion/backend.hpp"

namespace mullion::headless {

inline constexpr const char* module_file = "mullion-headless-page.so";
inline constexpr const char* module_entry = "mullion_headless_renderer";

// Makes the renderer half. `version` is that of the program's Mullion: another one than the module's is an error.
using ModuleEntry = void (*)(backend::RendererHost& host, const char* version,
                             Result<std::unique_ptr<backend::Renderer>>& made);

}  // namespace mullion::headless
