// The process's heap, where Mullion has the whole process.
#pragma once

namespace mullion::process {

// Up to 16 MiB that was freed stays for the next message. Otherwise a heap whose end is free gives it back each time, and
// a message of a megabyte is paid for in page faults: more than in copies.
void keep_freed_memory();

}  // namespace mullion::process
