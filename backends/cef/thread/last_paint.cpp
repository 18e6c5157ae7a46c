#include "cef/thread/last_paint.hpp"

#include <algorithm>

namespace mullion::cef {

namespace {

Rectangle around(const Rectangle& a, const Rectangle& b) {
  int left = std::min(a.x, b.x), top = std::min(a.y, b.y);
  int right = std::max(a.x + a.width, b.x + b.width), bottom = std::max(a.y + a.height, b.y + b.height);
  return {left, top, right - left, bottom - top};
}

}  // namespace

bool LastPaint::put(const backend::Paint& paint) {
  const std::lock_guard lock(mutex_);
  bool same_size = waits_ && paint.width == paint_.width && paint.height == paint_.height;
  auto dirty = same_size ? around(paint_.dirty, paint.dirty) : Rectangle{0, 0, paint.width, paint.height};
  bool first = !std::exchange(waits_, true);
  paint_ = paint;
  if (!first) paint_.dirty = dirty;
  bytes_.assign(paint.bytes.begin(), paint.bytes.end());
  return first;
}

std::pair<backend::Paint, std::vector<std::byte>> LastPaint::take() {
  const std::lock_guard lock(mutex_);
  waits_ = false;
  return {paint_, std::move(bytes_)};
}

}  // namespace mullion::cef
