// What Chromium would end the program over, found before it is started.
#pragma once

#include <string>

#include "mullion/backends/cef.hpp"
#include "mullion/base/error.hpp"

namespace mullion::cef {

struct Places {
  std::string engine;  // the folder of libcef.so
  std::string resources;
  std::string locales;
};

Result<Places> find_places(const Options& options);  // every file that is needed is there
Result<> check_display(const Options& options);
Result<> check_sandbox(const Options& options);
bool has_sandbox_program();  // owned by root and setuid, for machines that let users make no user namespaces
bool wants_gpu(Gpu gpu);

}  // namespace mullion::cef
