// What CEF asks of the main process.
#pragma once

#include <memory>

#include "cef/pump/message_pump.hpp"
#include "include/cef_app.h"
#include "mullion/backends/cef.hpp"

namespace mullion::cef {

// Without a pump Chromium asks for no work.
CefRefPtr<CefApp> make_browser_app(const Options& options, std::shared_ptr<MessagePump> pump);

}  // namespace mullion::cef
