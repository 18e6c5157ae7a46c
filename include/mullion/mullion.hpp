// Everything. Programs include their role's header instead; this is for a look around.
#pragma once

#include "mullion/backend.hpp"
#include "mullion/main.hpp"
#include "mullion/preload.hpp"
#include "mullion/renderer.hpp"
#include "mullion/utility.hpp"
