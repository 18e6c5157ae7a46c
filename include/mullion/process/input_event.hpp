// What a user would do to a page, done by the program.
#pragma once

#include <cstdint>
#include <string>

namespace mullion {

// What is held down meanwhile.
struct InputModifiers {
  bool shift = false;
  bool control = false;
  bool alt = false;
  bool meta = false;
  bool left_button = false;
  bool middle_button = false;
  bool right_button = false;
};

// Electron's MouseInputEvent and MouseWheelInputEvent. x and y are the page's pixels, from its top left corner. A click
// is a `down` and an `up`.
struct MouseInputEvent {
  enum class Type : std::uint8_t { move, down, up, wheel, leave };
  enum class Button : std::uint8_t { left, middle, right };
  Type type = Type::move;
  int x = 0;
  int y = 0;
  Button button = Button::left;  // of down and up
  int click_count = 1;           // 2 is a double click's second
  int delta_x = 0;               // of wheel: pixels; positive scrolls to what is left and above
  int delta_y = 0;
  InputModifiers modifiers{};
};

// Electron's KeyboardInputEvent. A key that writes something is a `down`, a `character` and an `up`.
struct KeyboardInputEvent {
  enum class Type : std::uint8_t { down, up, character };
  Type type = Type::down;
  // One character ("a", "é"), or Enter, Tab, Backspace, Delete, Insert, Escape, Space, Left, Up, Right, Down, Home,
  // End, PageUp, PageDown, F1 to F12.
  std::string key_code{};
  InputModifiers modifiers{};
};

}  // namespace mullion
