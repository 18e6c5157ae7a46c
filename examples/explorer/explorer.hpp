// The explorer's entries, one for each role.
#pragma once

#include <mullion/common.hpp>

mullion::Task<mullion::Result<>> start(mullion::main::App& app);               // main.cpp
mullion::Result<> bridge(mullion::preload::Context& context);                  // preload.cpp
mullion::Task<mullion::Result<>> indexer(mullion::utility::Process& process);  // indexer.cpp
