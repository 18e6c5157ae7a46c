// Where something is on a screen, in a window or in a picture.
#pragma once

namespace mullion {

// x and y are the top left corner, y grows downward. Device independent pixels unless said otherwise.
struct Rectangle {
  int x = 0;
  int y = 0;
  int width = 0;
  int height = 0;
  friend bool operator==(const Rectangle&, const Rectangle&) = default;
};

}  // namespace mullion
