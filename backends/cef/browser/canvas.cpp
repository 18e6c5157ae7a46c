#include "cef/browser/canvas.hpp"

#include <algorithm>
#include <cstring>

namespace mullion::cef {

namespace {

constexpr std::size_t pixel_size = 4;

CefRect common(const CefRect& a, int width, int height) {
  int left = std::max(a.x, 0), top = std::max(a.y, 0);
  int right = std::min(a.x + a.width, width), bottom = std::min(a.y + a.height, height);
  return right > left && bottom > top ? CefRect(left, top, right - left, bottom - top) : CefRect();
}

CefRect around(const CefRect& a, const CefRect& b) {
  if (a.IsEmpty() || b.IsEmpty()) return a.IsEmpty() ? b : a;
  int left = std::min(a.x, b.x), top = std::min(a.y, b.y);
  int right = std::max(a.x + a.width, b.x + b.width), bottom = std::max(a.y + a.height, b.y + b.height);
  return {left, top, right - left, bottom - top};
}

std::size_t stride_of(int width) { return static_cast<std::size_t>(width) * pixel_size; }

}  // namespace

void Canvas::draw(const std::vector<CefRect>& dirty, const void* bytes, int width, int height) {
  if (resize(width, height)) return draw_lines({0, 0, width, height}, static_cast<const std::byte*>(bytes));
  for (const auto& each : dirty) draw_lines(common(each, width, height), static_cast<const std::byte*>(bytes));
}

// Whoever looks at the last picture keeps it.
bool Canvas::resize(int width, int height) {
  bool other = width != width_ || height != height_;
  if (!other && bytes_) return false;
  width_ = width;
  height_ = height;
  dirty_ = {};
  bytes_ = std::make_shared<std::vector<std::byte>>(stride_of(width) * static_cast<std::size_t>(height));
  return true;
}

void Canvas::draw_lines(const CefRect& area, const std::byte* bytes) {
  auto length = stride_of(area.width);
  for (int line = area.y; line < area.y + area.height; ++line) {
    auto at = static_cast<std::size_t>(line) * stride_of(width_) + stride_of(area.x);
    std::memcpy(bytes_->data() + at, bytes + at, length);
  }
  dirty_ = around(dirty_, area);
}

void Canvas::tell(backend::ViewHost& to) {
  auto kept = bytes_;
  auto dirty = std::exchange(dirty_, {});
  to.painted({.dirty = {dirty.x, dirty.y, dirty.width, dirty.height},
              .width = width_,
              .height = height_,
              .stride = stride_of(width_),
              .bytes = *kept});
}

}  // namespace mullion::cef
