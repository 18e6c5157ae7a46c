// The engine's module, loaded only by a process that shows a page: libmullion-headless-page.so.
#pragma once

#include <memory>

#include "mullion/backend.hpp"

namespace mullion::headless {

// The module's one symbol, by the name "mullion_headless_make_renderer".
using MakeRenderer = void(backend::RendererHost& host, Result<std::unique_ptr<backend::Renderer>>& made);

}  // namespace mullion::headless
