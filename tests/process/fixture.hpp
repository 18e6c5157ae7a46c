// The process tests' app: pages are C++ functions.
#pragma once

#include "conformance/live_app.hpp"

namespace mullion::test {

// What every role of the test program runs, and where its pages are: entries.cpp.
Program test_program();
extern const char* const page_prefix;

class TestApp : public LiveApp {
 public:
  TestApp() : LiveApp(test_program()) {}
  // A window that shows the page of that name with this preload.
  main::BrowserWindow show(const std::string& page, const std::string& preload = "");
};

}  // namespace mullion::test
