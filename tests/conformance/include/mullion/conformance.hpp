// The cases that every renderer backend must pass, over the public API: lifecycle, loads and their errors, preloads and
// their isolation, bridge, values, ports, crash and recovery, close, hostile pages.
//
//   int main(int argc, char** argv) {
//     return mullion::conformance::run(argc, argv, {.backend = my::backend()});
//   }
//
// The program lists and runs the cases (--help), each in a process of its own that it starts again, and prints TAP. A
// case fails by its checks, by running longer than a minute, and by leaving a process behind.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "mullion/backend.hpp"

namespace mullion::conformance {

struct Subject {
  std::shared_ptr<const backend::Backend> backend{};
  // Its pages run JavaScript. Otherwise the cases that need that are skipped, and the two pages below must be given.
  bool scripts = true;
  std::string page{};     // a URL that loads
  std::string missing{};  // one that fails with ERR_FILE_NOT_FOUND
  // Cases that the engine itself cannot pass reliably, each with the reason: they are skipped and say so.
  std::vector<std::pair<std::string, std::string>> skipped{};
};

// The whole of main(), in every role.
int run(int argc, char** argv, Subject subject);

}  // namespace mullion::conformance
