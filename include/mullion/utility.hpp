// A utility process: Process and its parent port.
#pragma once

#include "mullion/common.hpp"
#include "mullion/process/parent_port.hpp"
