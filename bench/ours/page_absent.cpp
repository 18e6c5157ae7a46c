// A build without a backend that runs pages' scripts.
#include "ours/backends.hpp"
#include "ours/ours.hpp"

namespace mullion::bench {

void add_page_backend(Program&) {}

Group roles::page_rows() { return {}; }

}  // namespace mullion::bench
