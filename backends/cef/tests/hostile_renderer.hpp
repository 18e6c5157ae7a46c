// A renderer process that a page took over, made of a real one: the test's executable is its executable too.
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "mullion/backend.hpp"

namespace mullion::cef::test {

// What renderers and the test know together: a file, mapped before the sandbox closes.
struct Board {
  std::atomic<int> attacks;  // that were done
  std::atomic<int> has_socket;
  std::atomic<std::size_t> page_size;
  std::atomic<int> frame_named;
  char page[60'000];  // the introduction that the page's process was given
  char frame[100];    // what Chromium calls an iframe of the page's process
};
Board* open_board(const std::string& folder);

// As `attack` says, in the sandboxed zygote's renderers:
//   claim-page   the process of an iframe claims the page's frame, with the page's introduction
//   claim-frame  it claims an iframe of the page's process
//   socket       where a page is loaded again, its process does all that it can to the socket of the hellos
//   shutdown     there it cuts that socket off
std::shared_ptr<const backend::Backend> hostile_backend(std::shared_ptr<const backend::Backend> real,
                                                        std::string attack, Board* board);

}  // namespace mullion::cef::test
