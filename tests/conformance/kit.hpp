// What the cases share. Private to the kit.
#pragma once

#include <string>

#include "live_app.hpp"
#include "mullion/conformance.hpp"

namespace mullion::conformance {

// The backend under test, and the folder that this case's preload scripts stand in.
const Subject& subject();
std::string preload_script(const std::string& name);

// Says that this backend has not what the case is about; the case then returns. What it checked before counts.
void skip(const std::string& why);

// Each file of cases defines one, and the runner names them all: a linker that takes from a library only what is asked
// for takes the cases too.
extern const char bridge_cases;
extern const char devtools_cases;
extern const char execute_cases;
extern const char hang_cases;
extern const char hostile_cases;
extern const char lifecycle_cases;
extern const char load_cases;
extern const char message_cases;
extern const char offscreen_cases;
extern const char picture_cases;
extern const char port_cases;
extern const char view_cases;
extern const char window_cases;

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
