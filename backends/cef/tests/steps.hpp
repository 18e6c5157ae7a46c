// What the tests of whole programs share: steps told as lines of TAP, and this program started again in other roles.
#pragma once

#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "mullion/base/loop.hpp"
#include "mullion/base/sleep.hpp"
#include "mullion/base/task.hpp"
#include "mullion/common.hpp"

namespace mullion::cef::test {

inline constexpr int patience_ms = 20'000;

void check(bool holds, std::string_view sentence);
// Prints the plan and answers the test's exit code.
int end_of_steps();

// "" is the test itself; the others are programs that it starts.
std::string_view role();
// "A=b MULLION_TEST_ROLE=c PROGRAM", for popen.
std::string command(std::string_view role, const std::string& environment = "");
// All that it says, on stderr too, until its end; and how it ended, as the shell knows it.
std::string says(std::string_view role, const std::string& environment = "", int* code = nullptr);
// The test is run with Chromium on a thread of its own.
bool with_own_thread();
// The steps that this program tells in another role are steps of this test, and so is its end.
void retell(std::string_view role, std::string_view end = "and it ends well");
bool is_started_by_chromium(int argc, char** argv);

std::string read_file(const std::string& path);
// The first of this program's processes whose command line has this and not that; 0 when there is none.
int process_with(std::string_view argument, std::string_view but_not = "\n");
// Chromium's processes of this program that still run.
int engine_processes(bool tell = false);
bool all_end();

// A private folder with HOME and TMPDIR in it, for this process and what it starts; it goes with this.
class Home {
 public:
  Home();
  ~Home();
  Home(const Home&) = delete;
  Home& operator=(const Home&) = delete;
  const std::string& path() const { return path_; }
  std::vector<std::string> private_folders() const;  // of the backend, left there

 private:
  std::string path_;
};

template <class Holds>
Task<bool> until(Loop& loop, Holds holds) {
  for (int waited = 0; waited < patience_ms; waited += 20) {
    if (holds()) co_return true;
    co_await sleep_for(loop, 20);
  }
  co_return false;
}

}  // namespace mullion::cef::test
