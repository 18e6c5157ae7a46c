#include <malloc.h>

#include "process/heap.hpp"

namespace mullion::process {

void keep_freed_memory() {
#ifdef __GLIBC__
  constexpr int kept = 16 * 1024 * 1024;
  mallopt(M_MMAP_THRESHOLD, kept);
  mallopt(M_TRIM_THRESHOLD, kept);
#endif
}

}  // namespace mullion::process
