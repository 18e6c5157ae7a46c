// What a process has, counted: what is left over after a fault has leaked.
#pragma once

#include <cstdint>

namespace mullion::fault {

struct Census {
  std::uint32_t descriptors = 0;
  std::uint32_t mappings = 0;  // of memory files
  std::uint32_t threads = 0;
  std::uint64_t heap = 0;  // bytes in use; 0 under a sanitizer

  // Nothing more than before; the heap is another matter.
  bool within(const Census& before) const {
    return descriptors <= before.descriptors && mappings <= before.mappings && threads <= before.threads;
  }
};

Census take_census();

}  // namespace mullion::fault
