// JavaScriptCore under the narrow face, by its public C API (libjavascriptcoregtk-4.1).
#pragma once

#include <memory>

#include "mullion/script/engine.hpp"

namespace mullion {
class Loop;
}

namespace mullion::script::jsc {

// An engine for the loop's thread, which becomes its script thread. The loop must outlive it, and must run: promises of
// WebAssembly, FinalizationRegistry and the collector's timers come through it. The first engine of a process should
// live in its main thread.
//
// The thread gets a GMainContext as its default, if it has none, and keeps it after the engine: JavaScriptCore takes
// what it finds at its first call in a thread and stays with it.
//
// What the public API cannot do: load module scripts (`import()` rejects: "Could not import the module"), give
// contexts SharedArrayBuffer, detach the ArrayBuffer of a view that was passed to a Native (the API pins it).
Result<std::unique_ptr<Engine>> make_engine(Loop& loop);

}  // namespace mullion::script::jsc
