// How a page is set up.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace mullion::main {

struct WebPreferences {
  // A name in Program::preloads, else a script file, relative to the page's folder. "" is none.
  std::string preload{};
  std::vector<std::string> additional_arguments{};  // the preload's context.arguments()
  // No window is shown: the page is painted into memory, in the window's size, and told as `paint`.
  bool offscreen = false;
  // The preload runs in iframes too, before their first script, of whatever site: Electron calls this
  // nodeIntegrationInSubFrames. What they send says so by its sender_frame.
  bool preload_in_sub_frames = false;
  // A page that does not answer for so long is `unresponsive`; 0 never asks it.
  std::uint32_t unresponsive_after_ms = 10'000;
};

}  // namespace mullion::main
