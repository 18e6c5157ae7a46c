#include "node/first_process.hpp"

namespace mullion::node {

std::span<const unsigned char> first_process() { return {}; }

}  // namespace mullion::node
