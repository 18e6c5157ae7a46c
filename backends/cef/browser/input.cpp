#include "cef/browser/input.hpp"

#include <optional>
#include <string_view>
#include <utility>

namespace mullion::cef {

namespace {

// A key by its name, by the number that the web calls keyCode, and by X's number of its place on the keyboard.
struct Key {
  std::string_view name;
  int windows;
  int native;
  char16_t character = 0;
};

constexpr Key named_keys[] = {
    {"Enter", 13, 36, u'\r'}, {"Tab", 9, 23, u'\t'},  {"Backspace", 8, 22}, {"Delete", 46, 119},   {"Insert", 45, 118},
    {"Escape", 27, 9},        {"Left", 37, 113},      {"Up", 38, 111},      {"Right", 39, 114},    {"Down", 40, 116},
    {"Home", 36, 110},        {"End", 35, 115},       {"PageUp", 33, 112},  {"PageDown", 34, 117}, {"F1", 112, 67},
    {"F2", 113, 68},          {"F3", 114, 69},        {"F4", 115, 70},      {"F5", 116, 71},       {"F6", 117, 72},
    {"F7", 118, 73},          {"F8", 119, 74},        {"F9", 120, 75},      {"F10", 121, 76},      {"F11", 122, 95},
    {"F12", 123, 96},         {"Space", 32, 65, u' '}};

// The places of a to z on an American keyboard, in X's numbers.
constexpr int letter_places[] = {38, 56, 54, 40, 26, 41, 42, 43, 31, 44, 45, 46, 58,
                                 57, 32, 33, 24, 27, 39, 28, 30, 55, 25, 53, 29, 52};

Key key_of(char16_t character) {
  if (character >= u'a' && character <= u'z')
    return {"", character - u'a' + 'A', letter_places[character - u'a'], character};
  if (character >= u'A' && character <= u'Z') return {"", character, letter_places[character - u'A'], character};
  if (character >= u'1' && character <= u'9') return {"", character, character - u'1' + 10, character};
  if (character == u'0') return {"", character, 19, character};
  if (character == u' ') return {"", 32, 65, character};
  return {"", 0, 0, character};
}

std::optional<Key> find_key(const std::string& name) {
  for (const auto& each : named_keys)
    if (each.name == name) return each;
  auto text = CefString(name).ToString16();
  if (text.size() == 1) return key_of(text[0]);
  return std::nullopt;
}

int flags_of(const InputModifiers& held) {
  const std::pair<bool, int> flags[] = {{held.shift, EVENTFLAG_SHIFT_DOWN},
                                        {held.control, EVENTFLAG_CONTROL_DOWN},
                                        {held.alt, EVENTFLAG_ALT_DOWN},
                                        {held.meta, EVENTFLAG_COMMAND_DOWN},
                                        {held.left_button, EVENTFLAG_LEFT_MOUSE_BUTTON},
                                        {held.middle_button, EVENTFLAG_MIDDLE_MOUSE_BUTTON},
                                        {held.right_button, EVENTFLAG_RIGHT_MOUSE_BUTTON}};
  int all = 0;
  for (auto [is_held, flag] : flags) all |= is_held ? flag : 0;
  return all;
}

cef_key_event_type_t type_of(KeyboardInputEvent::Type type) {
  if (type == KeyboardInputEvent::Type::character) return KEYEVENT_CHAR;
  return type == KeyboardInputEvent::Type::down ? KEYEVENT_RAWKEYDOWN : KEYEVENT_KEYUP;
}

cef_mouse_button_type_t button_of(MouseInputEvent::Button button) {
  if (button == MouseInputEvent::Button::left) return MBT_LEFT;
  return button == MouseInputEvent::Button::middle ? MBT_MIDDLE : MBT_RIGHT;
}

}  // namespace

Result<> check_key(const KeyboardInputEvent& event) {
  if (find_key(event.key_code)) return {};
  return std::unexpected(Error{.kind = Kind::invalid,
                               .code = "key",
                               .message = "there is no key called '" + event.key_code +
                                          "': a key_code is one character, or a name such as Enter"});
}

Result<> send_input(CefBrowserHost& host, const MouseInputEvent& event) {
  using Type = MouseInputEvent::Type;
  CefMouseEvent mouse;
  mouse.x = event.x;
  mouse.y = event.y;
  mouse.modifiers = static_cast<std::uint32_t>(flags_of(event.modifiers));
  if (event.type == Type::wheel)
    host.SendMouseWheelEvent(mouse, event.delta_x, event.delta_y);
  else if (event.type == Type::move || event.type == Type::leave)
    host.SendMouseMoveEvent(mouse, event.type == Type::leave);
  else
    host.SendMouseClickEvent(mouse, button_of(event.button), event.type == Type::up, event.click_count);
  return {};
}

Result<> send_input(CefBrowserHost& host, const KeyboardInputEvent& event) {
  if (auto known = check_key(event); !known) return known;
  auto found = find_key(event.key_code);
  CefKeyEvent key;
  key.type = type_of(event.type);
  key.modifiers = static_cast<std::uint32_t>(flags_of(event.modifiers));
  key.windows_key_code = event.type == KeyboardInputEvent::Type::character ? found->character : found->windows;
  key.native_key_code = found->native;
  key.character = key.unmodified_character = found->character;
  host.SendKeyEvent(key);
  return {};
}

}  // namespace mullion::cef
