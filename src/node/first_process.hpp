// The program that is the first process of a pid namespace (first_process_linux.cpp), as the bytes of its file.
#pragma once

#include <span>

namespace mullion::node {

std::span<const unsigned char> first_process();

}  // namespace mullion::node
