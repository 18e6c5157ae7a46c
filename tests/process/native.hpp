// A backend whose pages are C++ functions: what the role and message tests show, without a script engine.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "mullion/backend.hpp"
#include "mullion/renderer.hpp"

namespace mullion::test {

struct NativePage {
  std::string name;  // of native:NAME
  std::function<Task<Result<>>(renderer::Page&)> run;
};

// Loads native:NAME: the document is there when its function has begun; an unknown name is ERR_FILE_NOT_FOUND.
std::shared_ptr<const backend::Backend> native_backend(std::vector<NativePage> pages);

}  // namespace mullion::test
