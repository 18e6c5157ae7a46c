#include "cef/browser/surface.hpp"

#include "cef/browser/child_surface.hpp"
#include "cef/browser/offscreen.hpp"
#include "cef/browser/window.hpp"

namespace mullion::cef {

std::unique_ptr<Surface> make_surface(const backend::ViewOptions& options) {
  if (options.place == backend::Place::memory) return std::make_unique<OffscreenSurface>(options);
  if (options.place == backend::Place::child) return std::make_unique<ChildSurface>();
  return std::make_unique<WindowSurface>(options);
}

}  // namespace mullion::cef
