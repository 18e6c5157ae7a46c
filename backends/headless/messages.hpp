// What the two halves of the headless backend say to each other, as Values through backend.hpp's `post`.
//
// View to renderer, {do, ...}:
//   "load" {url, load}          show a document; `load` numbers the program's loads
//   "reload" {load}             the same again
//   "stop"                      end what is loading
//   "before-unload" {ask}       may the page go? answered by "may-unload" with the same `ask`; if so, it went
//   "file" {ask, bytes, size}   the part of a file that "read" with that `ask` asked for, and the size of the whole
//   "file" {ask, error}         or why not, by Chromium's name
// Renderer to view, {told, ...}; the first seven carry `load`, the number of the program's load they belong to:
//   "started" | "navigated" {url} | "dom-ready" | "finished" | "failed" {code, name, url} | "stopped"
//   "title" {text}              the document's title changed
//   "console" {level, text, url, line}
//   "may-unload" {ask, go}
//   "read" {ask, path, reader, from}   a file, read by the document at the path `reader` (undefined: by the program)
//   "close"                     the page wants its window closed
#pragma once

#include <string_view>

namespace mullion::headless::message {

inline constexpr std::string_view load = "load", reload = "reload", stop = "stop", before_unload = "before-unload",
                                  file = "file";
inline constexpr std::string_view started = "started", navigated = "navigated", dom_ready = "dom-ready",
                                  finished = "finished", failed = "failed", stopped = "stopped", title = "title",
                                  console = "console", may_unload = "may-unload", close = "close", read = "read";

}  // namespace mullion::headless::message
