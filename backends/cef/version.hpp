// What differs between CEF 116 and the current one: everything else of this backend is the same text for all of them.
#pragma once

#include <cstddef>

#include "include/cef_v8.h"
#include "include/cef_version.h"

namespace mullion::cef::version {

// The bytes of a page's ArrayBuffer. CEF 116 tells no one: what is to be read there must lie in an ArrayBuffer over
// memory that was ours before.
template <class Value>
concept TellsBufferMemory = requires(Value& value) { value.GetArrayBufferData(); };

}  // namespace mullion::cef::version
