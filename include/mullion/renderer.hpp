// A native page in a renderer without a script engine: what the preload exposed, ports, window messages.
#pragma once

#include "mullion/common.hpp"
#include "mullion/process/page.hpp"
