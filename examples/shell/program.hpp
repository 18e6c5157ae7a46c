// What the shell's pages are given, and by whom.
#pragma once

#include <mullion/common.hpp>

mullion::Task<mullion::Result<>> start(mullion::main::App& app);  // main's entry
mullion::Result<> bridge(mullion::preload::Context& context);     // the preload
