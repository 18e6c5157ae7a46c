// The renderer backends of the suite.
#pragma once

#include <memory>
#include <string_view>

#include "mullion/backend.hpp"
#include "mullion/common.hpp"

namespace mullion::bench {

inline constexpr std::string_view native_backend_name = "native";

// Pages without a script engine and without a body: a document appears, its preload runs.
std::shared_ptr<const backend::Backend> native_backend();

// The backend that runs pages' scripts, where this build has one.
void add_page_backend(Program& program);
// The CEF backend, where this build has it. Without the sandbox as root, who cannot have it.
void add_cef_backend(Program& program);

}  // namespace mullion::bench
