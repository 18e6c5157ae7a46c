// The headless backend: a page's scripts in a process of their own, on JavaScriptCore, without layout or display.
#pragma once

#include <memory>
#include <string>

#include "mullion/backend.hpp"

namespace mullion::headless {

struct Options {
  // The file of the page module, which only renderer processes load. "" looks, in this order, in the directory that the
  // environment variable MULLION_MODULE_DIR names, where this library was built or installed to, and in
  // ../lib/mullion beside the executable's directory.
  std::string module{};
  // Of renderer processes. They read no file themselves in either case: main does, as README.md says.
  Isolation isolation = Isolation::isolated;
};

// For Program::backends. Loads file:, app:, data: and about:blank documents; what their scripts find is listed in
// backends/headless/README.md. There are no elements: `document` has readyState, title, currentScript and events.
std::shared_ptr<const backend::Backend> backend(Options options = {});

}  // namespace mullion::headless
