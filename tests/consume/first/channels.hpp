#pragma once
#include <mullion/ipc/table.hpp>

#include "explorer_generated.h"
inline constexpr mullion::Channel<OpenFile, Opened> open_file{"open-file"};
