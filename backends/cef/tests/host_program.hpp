// A program with its own CefApp, CefClient and main(), that mullion::cef::Host was added to, as the tests look at it.
#pragma once

#include <functional>
#include <semaphore>
#include <string>
#include <vector>

#include "mullion/cef/host.hpp"

namespace mullion::cef::test {

// How the program runs CEF's loop.
enum class Turns { run, work, pump, thread };

class HostProgram {
 public:
  HostProgram(int argc, char** argv, Program program);
  int run(Turns turns);  // answers the exit code

  Host& host() { return *host_; }
  Result<main::WebContents> adopted() const { return adopted_; }
  CefRefPtr<CefBrowser> browser() const { return browsers_.empty() ? nullptr : browsers_.front(); }
  bool heard(std::string_view line) const;  // from the console of a browser that was not adopted
  void open_browser(const std::string& url, bool adopt);
  main::WebPreferences preferences{.preload = "bridge"};
  bool fails = false;                // attaches twice, and gives up
  bool attached_with_entry = false;  // Program::main had begun when attach() returned
  std::function<bool()> entry_began = [] { return false; };

 private:
  friend class TestClient;
  friend class TestApp;
  CefSettings settings() const;
  void turn_until_left();

  int argc_;
  char** argv_;
  Turns turns_ = Turns::run;
  Result<Host> host_;
  Result<main::WebContents> adopted_ = std::unexpected(Error{});
  std::vector<CefRefPtr<CefBrowser>> browsers_;
  std::vector<std::string> console_;
  std::binary_semaphore left_{0};
  bool is_left_ = false;
};

}  // namespace mullion::cef::test
