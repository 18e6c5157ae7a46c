#include "headless/module.hpp"

#include "headless/renderer.hpp"

extern "C" {
[[gnu::visibility("default")]] extern const char mullion_headless_version[];
const char mullion_headless_version[] = MULLION_VERSION;
}

extern "C" [[gnu::visibility("default")]] void mullion_headless_make_renderer(
    mullion::backend::RendererHost& host, mullion::Result<std::unique_ptr<mullion::backend::Renderer>>& made) {
  auto renderer = mullion::headless::Renderer::create(host);
  if (renderer)
    made = std::move(*renderer);
  else
    made = std::unexpected(renderer.error());
}
