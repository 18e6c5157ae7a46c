// A mouse and a keyboard for a browser, moved by the program.
#pragma once

#include "include/cef_browser.h"
#include "mullion/base/error.hpp"
#include "mullion/process/input_event.hpp"

namespace mullion::cef {

Result<> check_key(const KeyboardInputEvent& event);  // `invalid` for a key of no such name
Result<> send_input(CefBrowserHost& host, const MouseInputEvent& event);
Result<> send_input(CefBrowserHost& host, const KeyboardInputEvent& event);

}  // namespace mullion::cef
