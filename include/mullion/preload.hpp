// A preload: Context, IpcRenderer, ContextBridge.
#pragma once

#include "mullion/common.hpp"
#include "mullion/process/preload_context.hpp"
