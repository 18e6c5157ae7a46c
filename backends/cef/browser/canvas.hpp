// What a browser without a window has drawn, kept until the program has seen it.
#pragma once

#include <memory>
#include <vector>

#include "include/cef_render_handler.h"
#include "mullion/backend.hpp"

namespace mullion::cef {

class Canvas {
 public:
  // Chromium's picture of the whole, of which `dirty` is new.
  void draw(const std::vector<CefRect>& dirty, const void* bytes, int width, int height);
  bool is_dirty() const { return !dirty_.IsEmpty(); }
  // All that was drawn since the last. Who is told may end this canvas.
  void tell(backend::ViewHost& to);

 private:
  void draw_lines(const CefRect& area, const std::byte* bytes);
  bool resize(int width, int height);

  int width_ = 0;
  int height_ = 0;
  CefRect dirty_;
  std::shared_ptr<std::vector<std::byte>> bytes_;
};

}  // namespace mullion::cef
