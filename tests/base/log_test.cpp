#include "mullion/base/log.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <string>
#include <thread>
#include <vector>

#include "mullion/base/unique_fd.hpp"

using namespace mullion;

namespace {

// What `f` writes to stderr.
template <class F>
std::string stderr_of(F f) {
  int pipe[2];
  REQUIRE(::pipe2(pipe, O_CLOEXEC | O_NONBLOCK) == 0);
  UniqueFd reader(pipe[0]);
  UniqueFd writer(pipe[1]);
  UniqueFd saved(::dup(STDERR_FILENO));
  ::dup2(writer.get(), STDERR_FILENO);
  f();
  ::dup2(saved.get(), STDERR_FILENO);
  char buffer[4096];
  auto n = ::read(reader.get(), buffer, sizeof buffer);
  return n > 0 ? std::string(buffer, n) : "";
}

}  // namespace

TEST_CASE("log: what is more than debug is a line on stderr") {
  auto text = stderr_of([] {
    log(Level::debug, "one");
    log(Level::info, "two");
    log(Level::warning, "three");
    log(Level::error, "four");
  });
  CHECK(text == "mullion: two\nmullion: three\nmullion: four\n");
}

TEST_CASE("log: a sink gets every level, and an empty one restores stderr") {
  std::vector<std::string> lines;
  auto text = stderr_of([&] {
    set_log_sink([&](Level level, std::string_view text) {
      lines.push_back(std::string(to_string(level)) + " " + std::string(text));
    });
    log(Level::debug, "one");
    log(Level::error, "two");
    set_log_sink(nullptr);
    log(Level::warning, "three");
  });
  CHECK(lines == std::vector<std::string>{"debug one", "error two"});
  CHECK(text == "mullion: three\n");
}

TEST_CASE("log: a sink may take itself away") {
  int calls = 0;
  set_log_sink([&, kept = std::string("a capture that is longer than a small string")](Level, std::string_view) {
    set_log_sink(nullptr);
    calls += int(kept.size() > 10);
  });
  log(Level::debug, "one");
  log(Level::debug, "two");
  CHECK(calls == 1);
}

TEST_CASE("log: threads log one at a time") {
  int lines = 0;
  set_log_sink([&](Level, std::string_view) { ++lines; });
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 3; ++i) {
      threads.emplace_back([] {
        for (int n = 0; n < 500; ++n) log(Level::info, "line");
      });
    }
  }
  set_log_sink(nullptr);
  CHECK(lines == 1500);
}
