// What the headless backend's two halves say to each other, each an object whose `op` is one of these.
#pragma once

#include <string_view>

namespace mullion::headless::op {

// ---- main's view to the renderer ----
inline constexpr std::string_view load = "load";                    // url
inline constexpr std::string_view reload = "reload";
inline constexpr std::string_view stop = "stop";
inline constexpr std::string_view before_unload = "before-unload";  // asks, and unloads a page that may go

// ---- the renderer to main's view ----
inline constexpr std::string_view started_loading = "started-loading";
inline constexpr std::string_view navigated = "navigated";  // url
inline constexpr std::string_view dom_ready = "dom-ready";
inline constexpr std::string_view finished_loading = "finished-loading";
inline constexpr std::string_view failed_loading = "failed-loading";  // code, name, url
inline constexpr std::string_view stopped_loading = "stopped-loading";
inline constexpr std::string_view title = "title";             // text
inline constexpr std::string_view console = "console";         // level, text, url, line
inline constexpr std::string_view close_request = "close-request";
inline constexpr std::string_view may_unload = "may-unload";   // may

}  // namespace mullion::headless::op
