// A build without the CEF backend.
#include "ours/backends.hpp"
#include "ours/ours.hpp"

namespace mullion::bench {

void add_cef_backend(Program&) {}

std::vector<Group> roles::cef_groups() { return {}; }

}  // namespace mullion::bench
