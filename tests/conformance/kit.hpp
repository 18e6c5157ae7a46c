// What the cases share. Private to the kit.
#pragma once

#include <string>

#include "live_app.hpp"
#include "mullion/conformance.hpp"

namespace mullion::conformance {

// The backend under test, and the folder that this case's preload scripts stand in.
const Subject& subject();
std::string preload_script(const std::string& name);

// What every role of the kit's program runs: program.cpp.
Program program();

// A window that shows a page which needs no script engine.
struct Plain {
  test::LiveApp app{program()};
  main::BrowserWindow window;

  explicit Plain(main::BrowserWindowOptions options = {});
  main::WebContents contents() { return window.web_contents(); }
  Result<> load(const std::string& url);
};

}  // namespace mullion::conformance
