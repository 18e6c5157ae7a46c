// The kernel filter of Chromium's renderer, as far as Mullion meets it: what is refused there is refused here, and what
// kills there kills here (SIGSYS).
#pragma once

namespace mullion::harness {

// From now on, for all threads of this process and for ever. False: the kernel has no such filters.
bool enter_sandbox();

}  // namespace mullion::harness
