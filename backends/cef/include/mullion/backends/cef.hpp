// The CEF backend: real windows, by Chromium.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "mullion/backend.hpp"

namespace mullion::cef {

enum class Gpu : unsigned char {
  automatic,  // off where the machine has none
  on,
  off,
};

// Where Chromium's browser process does its own work: windows, navigation, input. Pages' scripts run in processes of
// their own, and their messages come to the program's loop, either way.
enum class Work : unsigned char {
  on_loop,    // on the loop's thread: a program with one thread, whose loop looks after Chromium once a second
  on_thread,  // on a thread of Chromium's own: it keeps painting while the loop is busy, and the loop sleeps when idle
};

struct Options {
  // The file of this backend's module, which links libcef and which main and Chromium's own processes load; utility
  // processes never do. "" looks, in this order, in the directory that the environment variable MULLION_MODULE_DIR
  // names, where this library was built or installed to, and in ../lib/mullion beside the executable's directory.
  std::string module{};
  // Where CEF's resources.pak and its like lie, and the folder "locales". "" is beside libcef.so.
  std::string resources{};
  std::string locales{};
  // What Chromium remembers from one run to the next. "" is a private directory that goes when the program quits.
  std::string cache{};
  // Chromium's sandbox around renderers. It cannot be had as root: there the first window fails, `denied`, code
  // "sandbox", unless this is off.
  bool sandbox = true;
  Gpu gpu = Gpu::automatic;
  Work work = Work::on_loop;
  // More of Chromium's switches, without the dashes: {"lang", "de"}, {"force-dark-mode", ""}.
  std::vector<std::pair<std::string, std::string>> switches{};
};

// For Program::backends. The program's executable is started again for each of Chromium's processes, which mullion::run
// sees before it does anything else: it is to be called first thing in main(). X11 is needed (DISPLAY). What does not
// work is listed in backends/cef/README.md.
//
// - The first window starts Chromium, on the loop's thread; a missing file, display or sandbox is an error there,
//   code "module", "resources", "display" or "sandbox".
// - Chromium cannot be started a second time in one process: a window of the next App is an error, code "engine".
std::shared_ptr<const backend::Backend> backend(Options options = {});

}  // namespace mullion::cef
