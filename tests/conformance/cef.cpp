#include <mullion/backends/cef.hpp>

#include <mullion/conformance.hpp>

#include <unistd.h>

// Chromium's sandbox cannot be had as root: there the cases run without it.
int main(int argc, char** argv) {
  return mullion::conformance::run(argc, argv, {.backend = mullion::cef::backend({.sandbox = geteuid() != 0})});
}
