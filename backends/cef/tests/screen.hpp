// An X server of the test's own, and what it shows.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "steps.hpp"

namespace mullion::cef::test {

// Of 1024 x 768 pixels. Sets DISPLAY.
class Screen {
 public:
  explicit Screen(std::string folder);  // private to the test
  ~Screen();                            // ends the server
  Screen(const Screen&) = delete;
  Screen& operator=(const Screen&) = delete;

  bool works() const { return server_ > 0; }

 private:
  std::string folder_;
  pid_t server_ = 0;
};

// A whole test: its steps, in a Home and on a Screen of their own, then that no process is left. What main() returns.
template <class Steps>
int run_steps(Steps steps) {
  const Home home;
  {
    const Screen screen(home.path());
    steps(home);
    check(all_end(), "no process is left");
  }
  return end_of_steps();
}

// The whole screen, as xwd writes it, and how many of its pixels are of a colour, 0xRRGGBB.
inline std::string screen_file(const std::string& folder) { return folder + "/Xvfb_screen0"; }
long pixels(const std::string& folder, std::uint32_t colour);
std::uint32_t colour_at(const std::string& folder, int x, int y);
// The mouse goes there and its left button is pressed and released.
void click(int x, int y);

}  // namespace mullion::cef::test
