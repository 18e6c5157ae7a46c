// The scripts that are part of the library, as embed.py wrote them.
#pragma once

#include <string_view>

namespace mullion::script::embedded {

extern const std::string_view kernel;       // kernel/*.js, in script_lib
extern const std::string_view jsc_prelude;  // jsc/prelude.js, in jsc_lib
extern const std::string_view v8_prelude;   // backends/cef/v8/prelude.js, in cef_v8_lib

}  // namespace mullion::script::embedded
